import { claimAddress } from '../src/core/addresses/platform.ts';
import { DEMO_WORKSPACE } from '../src/core/access/demo.ts';
import { hashPassword } from '../src/core/access/passwords.ts';
import { giveSlug } from '../src/core/addresses/slug.ts';
import type { Models, WorkspaceEmailRow } from '../src/infra/models/index.ts';
import { hashToken } from '../src/lib/tokens.ts';

export interface SeedOptions {
  /** Domain of the demo addresses. */
  platformDomain: string;
  /** Local part of the forwarding address. */
  forwardingLocalPart: string;
  /** Of each of the demo's people. */
  password: string;
  /** Bearer tokens in the clear; only their hashes are stored. */
  tokens: { owner: string; dana: string; secondOwner: string };
}

const DEMO = DEMO_WORKSPACE;
const SECOND = 'second';
const DANA = 'user-dana';

type DemoEmail = Pick<WorkspaceEmailRow, '_id' | 'workspace_id' | 'purpose' | 'user_id' | 'display_name'> & {
  local: string;
};

/** The demo's addresses. Their ids are fixed, so that seeding again changes nothing. */
const EMAILS: readonly DemoEmail[] = [
  {
    _id: 'demo-support',
    workspace_id: DEMO,
    local: 'support',
    purpose: 'ticket',
    user_id: null,
    display_name: 'Support',
  },
  {
    _id: 'demo-billing',
    workspace_id: DEMO,
    local: 'billing',
    purpose: 'ticket',
    user_id: null,
    display_name: 'Billing',
  },
  {
    _id: 'demo-hello',
    workspace_id: DEMO,
    local: 'hello',
    purpose: 'inbox',
    user_id: null,
    display_name: 'Hello',
  },
  {
    _id: 'demo-dana',
    workspace_id: DEMO,
    local: 'dana',
    purpose: 'inbox',
    user_id: DANA,
    display_name: 'Dana',
  },
  {
    _id: 'second-orders',
    workspace_id: SECOND,
    local: 'orders',
    purpose: 'ticket',
    user_id: null,
    display_name: 'Orders',
  },
  {
    _id: 'second-team',
    workspace_id: SECOND,
    local: 'team',
    purpose: 'inbox',
    user_id: null,
    display_name: 'Team',
  },
];
const USERS = [
  {
    _id: 'user-olive',
    workspace_id: DEMO,
    role: 'owner',
    name: 'Olive',
    email: 'olive@people.test',
    token: 'owner',
  },
  { _id: DANA, workspace_id: DEMO, role: 'member', name: 'Dana', email: 'dana@people.test', token: 'dana' },
  {
    _id: 'user-sam',
    workspace_id: SECOND,
    role: 'owner',
    name: 'Sam',
    email: 'sam@people.test',
    token: 'secondOwner',
  },
] as const;

export interface Seeded {
  workspaceId: string;
  otherWorkspaceId: string;
  emails: { address: string; purpose: string; user_id: string | null }[];
  forwarding: { address: string; workspace_email: string }[];
  people: { name: string; email: string; password: string; role: string; user_id: string }[];
}

/**
 * Adds a demo workspace to the database, and a second one, which must see nothing of the first. Idempotent:
 * existing rows are not changed, except for the domain of the addresses.
 * @returns the addresses of the demo workspace, and the ids of both
 */
export async function seed(
  models: Models,
  { platformDomain, forwardingLocalPart, password, tokens }: SeedOptions,
): Promise<Seeded> {
  const created_at = new Date();
  const upsert = { upsert: true } as const;
  const at = (local: string) => `${local}@${platformDomain}`;

  for (const [_id, name] of [
    [DEMO, 'Demo'],
    [SECOND, 'Second'],
  ] as const)
    await models.Workspace.updateOne(
      { _id },
      { $setOnInsert: { name, last_ticket_number: 0, created_at } },
      upsert,
    );
  for (const { _id, workspace_id, role, name, email, token } of USERS) {
    await models.User.updateOne({ _id }, { $setOnInsert: { name, email, created_at } }, upsert);
    if (await models.User.exists({ _id, password_hash: null }))
      await models.User.updateOne(
        { _id },
        { $set: { password_hash: await hashPassword(password), proved_at: created_at } },
      );
    await models.Member.updateOne(
      { _id: `${workspace_id}/${_id}` },
      { $setOnInsert: { workspace_id, user_id: _id, role } },
      upsert,
    );
    const row = { workspace_id, user_id: _id, revoked_at: null, created_at };
    await models.Token.updateOne({ _id: hashToken(tokens[token]) }, { $setOnInsert: row }, upsert);
  }
  for (const [index, { _id, local, ...email }] of EMAILS.entries()) {
    const rights = {
      kind: 'platform',
      proved_at: created_at,
      can_receive: true,
      can_send: true,
      active: true,
      deleted_at: null,
    };
    await models.WorkspaceEmail.updateOne(
      { _id },
      // Each a millisecond later than the one before: by default a reply is sent from the oldest address.
      {
        $set: { address: at(local) },
        $setOnInsert: { ...email, ...rights, created_at: new Date(created_at.getTime() + index) },
      },
      upsert,
    );
  }
  for (const { workspace_id, local } of EMAILS) await claimAddress(models, at(local), workspace_id);
  await claimAddress(models, at(forwardingLocalPart), DEMO);
  for (const workspace of await models.Workspace.find({ _id: { $in: [DEMO, SECOND] } }))
    if (!workspace.slug) await giveSlug(models, workspace, platformDomain);
  await models.ForwardingAddress.updateOne(
    { _id: 'demo-forwarding' },
    {
      $set: { address: at(forwardingLocalPart) },
      $setOnInsert: { workspace_id: DEMO, workspace_email_id: 'demo-support', created_at },
    },
    upsert,
  );
  return {
    workspaceId: DEMO,
    otherWorkspaceId: SECOND,
    emails: EMAILS.filter(({ workspace_id }) => workspace_id === DEMO).map(({ local, purpose, user_id }) => ({
      address: at(local),
      purpose,
      user_id,
    })),
    forwarding: [{ address: at(forwardingLocalPart), workspace_email: at('support') }],
    people: USERS.filter(({ workspace_id }) => workspace_id === DEMO).map(({ _id, name, email, role }) => ({
      name,
      email,
      password,
      role,
      user_id: _id,
    })),
  };
}
