import { createApiToken } from '../../src/core/access/apiTokens.ts';
import { newDraft } from '../../src/core/replies/drafts.ts';
import type { Models } from '../../src/infra/models/index.ts';
import { newId } from '../../src/lib/ids.ts';
import { domainRow } from '../core/domains/rows.ts';
import { rows, storedFile, T0, type World } from './world.ts';

/** Ids for parameters of paths, by the static segments before the parameter, such as `tickets/messages`. */
export type Ids = Record<string, string>;

/** One row of each kind that has an id in a path. */
export async function oneOfEach(
  world: World,
  workspace_id: string,
  user: string,
  {
    audience,
    subject = 'Hello',
    name = 'Ann',
    text = 'Hi',
  }: Partial<Record<'audience' | 'subject' | 'name' | 'text', string>>,
): Promise<Ids> {
  const { models } = world;
  const at = (usual: string) => ({ workspace_id, audience: audience ?? usual });
  const ticket = await rows.ticket(models, { ...at('tickets'), subject });
  const conversation = await rows.conversation(models, { ...at('shared'), subject });
  const message = async (kind: 'ticket' | 'conversation', thread_id: string, where: object) =>
    (await rows.message(models, { ...where, thread_kind: kind, thread_id, subject, text }))._id;
  const ticketMessage = await message('ticket', ticket._id, at('tickets'));
  const contact = await rows.contact(models, { workspace_id, name, audiences: [audience ?? 'tickets'] });
  const inbound = await rows.inboundEmail(models, {
    workspace_id,
    recipient: `${name}@x.test`,
    state: 'held',
    audiences: [audience ?? 'tickets'],
  });
  const place = { kind: 'new', thread_kind: 'ticket', thread_id: null } as const;
  const draft = newDraft(newId(), { workspaceId: workspace_id, userId: user }, place, { subject, text });
  await models.Draft.create(draft);
  const ids: Ids = {
    tickets: ticket._id,
    'tickets/messages': ticketMessage,
    conversations: conversation._id,
    'conversations/messages': await message('conversation', conversation._id, at('shared')),
    contacts: contact._id,
    attachments: await storedFile(world, text, {
      ...at('tickets'),
      filename: name,
      message_id: ticketMessage,
    }),
    'inbound-emails': inbound._id,
    drafts: draft._id,
    ...(await keptRows(models, workspace_id, audience ?? 'shared', name)),
  };
  if (audience !== undefined) return ids;
  const domain = domainRow({ workspace_id, name: `${name}.${workspace_id}.test`.toLowerCase() });
  await models.Domain.create(domain);
  const unlimited = { scopes: null, expiresAt: null };
  const { row } = await createApiToken(models, {
    workspaceId: workspace_id,
    userId: user,
    name,
    ...unlimited,
  });
  const email = await rows.workspaceEmail(models, { workspace_id, display_name: name });
  const webhook = await models.Webhook.create({
    _id: newId(),
    workspace_id,
    url: 'https://example.com/',
    events: ['ticket.created'],
    description: name,
    active: true,
    secret: 'sealed',
    created_by: user,
    created_at: T0,
  });
  const delivery = await models.WebhookDelivery.create({
    _id: newId(),
    workspace_id,
    webhook_id: webhook._id,
    event_id: null,
    type: 'webhook.test',
    state: 'delivered',
    attempts: [],
    run: 1,
    wants_start: false,
    at: T0,
    created_at: T0,
  });
  const hooks = { webhooks: webhook._id, 'webhooks/deliveries': delivery._id };
  return { ...ids, ...hooks, emails: email._id, domains: domain._id, tokens: row._id, members: user };
}

/** A snippet and a saved view. */
async function keptRows(
  { Snippet, SavedView }: Models,
  workspace_id: string,
  audience: string,
  name: string,
) {
  const kept = { workspace_id, audience, name, created_at: T0, updated_at: T0 };
  const snippet = await Snippet.create({ _id: newId(), ...kept, text: name });
  const view = await SavedView.create({ _id: newId(), ...kept, any: [{}], sort: '-created_at' });
  return { snippets: snippet._id, views: view._id };
}

/** Key of the id for a parameter of a path. */
export const keyOf = (path: string, parameter: string): string =>
  path
    .slice(1, path.indexOf(parameter) - 1)
    .split('/')
    .filter((segment) => !segment.startsWith(':'))
    .join('/');
