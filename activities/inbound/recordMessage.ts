import {
  collectionOf,
  type InboundEmailRow,
  type InboundMessageRow,
  type WorkspaceEmailRow,
} from '../../src/infra/models/index.ts';
import type { Route } from '../../src/infra/models/inboundEmail.ts';
import { isCopyOf } from '../../src/mail/sameMail.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { isDuplicateKey, once } from '../../src/infra/models/once.ts';
import { contactId, contactNow, knowContact } from '../../src/core/threads/contacts.ts';
import { messageKey, variantKeys } from './messageKey.ts';
import { newMessage, pendingAttachments } from './newMessage.ts';
import { audienceOf, isReceivable, kindOf } from '../../src/core/threads/audiences.ts';
import { readRow, writeRow } from './inboundRow.ts';
import { judged, judgedMail } from './sameMail.ts';
import { callOffScheduled } from '../../src/core/replies/callOff.ts';
import { replyWorkflowId } from '../../src/infra/temporal/ids.ts';
import { findThread } from './threading/findThread.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';

export interface Recorded {
  messages: string[];
  /** The mail had arrived already, through another route, form or forwarder. */
  copy: boolean;
}

/**
 * Stores one message in each audience, then makes its ticket or conversation. Message first: if the process
 * dies after it, the next try makes the thread from the stored message. Then the mail is `routed`.
 */
export async function recordMessage(deps: Deps, mail: InboundRun): Promise<Recorded> {
  const row = await asRecorded(deps, await readRow(deps, mail, {}));
  const recorded: InboundMessageRow[] = [];
  for (const route of row.routes ?? []) recorded.push(await record(deps, row, route));
  for (const route of await tracedRoutes(deps, row, recorded)) {
    await knowContact(deps.models, row.workspace_id as string, row.sender, [route.lands_in], row.received_at);
    recorded.push(await record(deps, row, route));
  }
  const threadOf = (kind: InboundMessageRow['thread_kind']) =>
    recorded.find((message) => message.thread_kind === kind)?.thread_id ?? null;
  await writeRow(deps, mail, ['received', 'routed'], {
    state: 'routed',
    reason: null,
    message_ids: recorded.map((message) => message._id),
    audiences: [...new Set(recorded.map((message) => message.audience))],
    ticket_id: threadOf('ticket'),
    conversation_id: threadOf('conversation'),
    routed_at: new Date(),
  });
  return {
    messages: recorded.map((message) => message._id),
    copy: recorded.some((message) => message.inbound_email_id !== row._id),
  };
}

/** Mail of a blocked contact is spam, even if the provider says otherwise: no member is notified of it. */
async function asRecorded({ models }: Deps, row: InboundEmailRow): Promise<InboundEmailRow> {
  const workspaceId = row.workspace_id as string;
  const contact = await contactNow(models, workspaceId, contactId(workspaceId, row.sender));
  return contact?.blocked_at ? { ...row, spam: true } : row;
}

async function record(deps: Deps, row: InboundEmailRow, route: Route): Promise<InboundMessageRow> {
  const message = await storeOnce(deps, row, route);
  if (message.inbound_email_id === row._id) {
    const attachments = pendingAttachments(row, message).map(({ _id, workspace_id, ...attachment }) => ({
      updateOne: { filter: { _id, workspace_id }, update: { $setOnInsert: attachment }, upsert: true },
    }));
    if (attachments.length > 0)
      await once(() => deps.models.Attachment.bulkWrite(attachments, { ordered: false }));
  }
  // None of these reopens a closed thread.
  const isForged = message.authentication?.verdict === 'fail';
  const isQuiet = isForged || row.auto_reply || row.list_mail || row.spam;
  const applied = await applyToThread(deps.models, message, isQuiet);
  if (!isQuiet) await callOff(deps, applied);
  return applied;
}

/** Their runs end now; one that is not woken finds out when its message is due. */
async function callOff({ models, wake }: Deps, message: InboundMessageRow): Promise<void> {
  for (const { _id, outbound } of await callOffScheduled(models, message))
    void wake(replyWorkflowId(_id, outbound.run));
}

/**
 * Inserts the message. If a message with its key exists, that is this mail (stored by an earlier try, or
 * through another route: then this one is kept there as a copy), or a different mail with a reused id: then
 * this one gets a key of its own.
 */
async function storeOnce(deps: Deps, row: InboundEmailRow, route: Route): Promise<InboundMessageRow> {
  const key = messageKey(row, route.lands_in);
  const [variant, exact] = variantKeys(key, row);
  for (const id of [key, variant, exact]) {
    const message = newMessage(row, route, id);
    const existing = await insertOrFind(deps, message);
    if (existing === null) return message;
    if (existing.inbound_email_id === row._id) return existing;
    // The last key is a hash of all that is compared: a message with it is this mail.
    if (id === exact || isCopyOf(judged(existing), judgedMail(row)))
      return addCopy(deps, existing, row, route);
  }
  throw new Error('not reached: the last key is the mail’s own');
}

/** @returns null when it was inserted. */
async function insertOrFind({ models }: Deps, message: InboundMessageRow): Promise<InboundMessageRow | null> {
  try {
    await collectionOf(models.Message).insertOne(message);
    return null;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const { _id, workspace_id } = message;
    return models.Message.findOne({ _id, workspace_id }, { headers: 0 }).orFail().lean<InboundMessageRow>();
  }
}

/** The most copies that a message keeps, but for those that bring the trace of a further address. */
const MAX_COPIES = 500;

async function addCopy(
  { models }: Deps,
  { _id, workspace_id }: InboundMessageRow,
  row: InboundEmailRow,
  { traced }: Route,
): Promise<InboundMessageRow> {
  const messages = collectionOf(models.Message);
  const hasRoom = { [`copies.${MAX_COPIES - 1}`]: { $exists: false } };
  const isTracedNewly = traced.map((email) => ({ 'copies.traced': { $ne: email } }));
  await messages.updateOne(
    { _id, workspace_id, $or: [hasRoom, ...isTracedNewly] },
    { $addToSet: { copies: { inbound_email_id: row._id, traced } } },
  );
  // With its text, from which the thread's search words are made: the step that stored it may have died
  // before that.
  const message = await messages.findOne({ _id, workspace_id }, { projection: { html: 0, headers: 0 } });
  if (!message) throw new Error('a message that a copy belongs to is gone');
  return message as InboundMessageRow;
}

/**
 * When further copies of one mail come (Bcc, aliases), every audience to which a copy is traced gets it. The
 * step that adds the last copy sees the traces of all.
 */
async function tracedRoutes(
  { models }: Deps,
  row: InboundEmailRow,
  recorded: InboundMessageRow[],
): Promise<Route[]> {
  const copies = recorded.flatMap((message) => (message.copies.length > 1 ? message.copies : []));
  const traced = [...new Set(copies.flatMap((copy) => copy.traced))];
  if (traced.length === 0) return [];
  const emails = await models.WorkspaceEmail.find({ workspace_id: row.workspace_id, _id: { $in: traced } })
    .sort({ created_at: 1 })
    .lean<WorkspaceEmailRow[]>();
  const routes: Route[] = [];
  for (const email of emails.filter(isReceivable)) {
    const audience = audienceOf(email);
    const target = {
      workspace_email_id: email._id,
      address: email.address,
      audience,
      traced,
      unreceivable: null,
      opens_kind: kindOf(email),
    };
    if ([...recorded, ...routes].some((other) => audienceIn(other) === audience)) continue;
    const route = await findThread(models, row, target);
    if (route && ![...recorded, ...routes].some((other) => audienceIn(other) === route.lands_in))
      routes.push(route);
  }
  return routes;
}

const audienceIn = (landed: InboundMessageRow | Route): string =>
  'lands_in' in landed ? landed.lands_in : landed.audience;
