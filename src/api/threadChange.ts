import { z } from 'zod';
import type { MessageRow, Models } from '../infra/models/index.ts';
import type { ThreadRow } from '../infra/models/thread.ts';
import { derivedFields } from '../core/threads/derivedFields.ts';
import { hiddenFor } from '../core/threads/threads.ts';
import { DAY_MS } from '../lib/time.ts';
import { withFirst } from '../core/threads/words.ts';
import { wordsOf } from '../mail/searchWords.ts';
import { MAX_SUBJECT_CHARS } from './draft.ts';
import type { RouteDeps } from './deps.ts';
import { etagOf } from './etag.ts';
import { OneLine } from './fields.ts';
import { wrongFields } from './problem.ts';
import { threadFields } from './threadFields.ts';
import { audiencesOf, contactsSeenBy, memberOf, type ApiUser } from '../core/presenters/visibility.ts';

/** Changes of a ticket or conversation; what is left out stays. */
export const ThreadChangeBody = z.strictObject({
  ...threadFields,
  subject: OneLine(MAX_SUBJECT_CHARS).optional(),
  contact_id: z.string('must be the id of a contact').optional(),
  spam: z.boolean('must be true or false').optional(),
  snoozed_until: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2026-11-23T10:00:00Z, or null' })
    .transform((text) => new Date(text))
    .nullable()
    .optional()
    .meta({ description: 'Until then, or until the customer writes, open lists leave it out.' }),
});
type Change = z.output<typeof ThreadChangeBody>;

/**
 * The change as an update of MongoDB; null when the row has these values already.
 * @throws Problem 422: the agent is not a member, or not the owner of a personal conversation; the user
 * cannot see the contact
 */
export async function threadChange(
  models: Models,
  row: ThreadRow,
  change: Change,
  user: ApiUser,
): Promise<object | null> {
  const set = changedFields(row, change);
  if (Object.keys(set).length === 0) return null;
  await checkAgent(models, row, set.agent_id, user);
  if (set.contact_id !== undefined) await checkContact(models, set.contact_id, user);
  const at = new Date();
  Object.assign(set, derivedFields(set, at), snoozeFields(set, at, user));
  if (set.spam !== undefined) set.hidden = hiddenFor({ ...row, spam: set.spam });
  return {
    $set: { ...set, updated_at: at },
    $inc: { changes: 1 },
    ...(set.subject !== undefined && { $push: { words: withFirst(wordsOf(set.subject)) } }),
  };
}

function changedFields(row: ThreadRow, change: Change): Partial<ThreadRow> {
  const isChanged = ([field, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(row[field as keyof Change] ?? null);
  return Object.fromEntries(Object.entries(change).filter(isChanged));
}

/** A later time is probably a mistake in its year. */
const LONGEST_SNOOZE_MS = 366 * DAY_MS;

/** @throws Problem 422 */
function snoozeFields({ snoozed_until: until }: Partial<ThreadRow>, now: Date, user: ApiUser) {
  if (until === undefined) return {};
  if (until !== null && (until <= now || until.getTime() > now.getTime() + LONGEST_SNOOZE_MS))
    throw wrongFields([{ field: 'snoozed_until', message: 'must be in the future, and within a year' }]);
  return { snoozed_by: until && user.userId };
}

/** Starts the timer of a thread that was snoozed. Runs after the change, which may be refused. */
export function startSnooze(
  { snoozes }: Pick<RouteDeps, 'snoozes'>,
  kind: MessageRow['thread_kind'],
  { _id: id, snoozed_until }: ThreadRow,
): void {
  if (snoozed_until) snoozes.add({ id, kind, until: snoozed_until.getTime() });
}

const ownerOf = ({ audience }: Pick<ThreadRow, 'audience'>): string | null =>
  audience.startsWith('owner:') ? audience.slice('owner:'.length) : null;

const notTheOwner = () =>
  wrongFields([{ field: 'agent_id', message: 'must be the owner of the conversation, which is personal' }]);

/** @throws Problem 422: the agent is not a member, or not the owner of a personal conversation */
export async function checkAgent(
  models: Models,
  thread: Pick<ThreadRow, 'audience'>,
  agent: string | null | undefined,
  user: ApiUser,
): Promise<void> {
  if (agent === undefined) return;
  const owner = ownerOf(thread);
  if (owner !== null && agent !== owner) throw notTheOwner();
  if (agent === null) return;
  const member = await memberOf(models, user.workspaceId, agent);
  if (!member) throw wrongFields([{ field: 'agent_id', message: 'must be a member of the workspace' }]);
  if (!audiencesOf(member).some((audience) => audience === thread.audience))
    throw wrongFields([{ field: 'agent_id', message: 'must be a member of the team that it belongs to' }]);
}

/** @throws Problem 422: a note mentions somebody who cannot see the thread */
export async function checkMentions(
  models: Models,
  thread: Pick<ThreadRow, 'audience'>,
  mentions: string[],
  user: ApiUser,
): Promise<void> {
  for (const [position, mentioned] of mentions.entries()) {
    const member = await memberOf(models, user.workspaceId, mentioned);
    if (!member || !audiencesOf(member).some((audience) => audience === thread.audience))
      throw wrongFields([
        { field: `mentions.${position}`, message: 'must be a member who can see the ticket or conversation' },
      ]);
  }
}

async function checkContact(models: Models, contact: string, user: ApiUser): Promise<void> {
  if (!(await models.Contact.exists({ ...contactsSeenBy(user), _id: contact })))
    throw wrongFields([{ field: 'contact_id', message: 'must be a contact that you can see' }]);
}

/**
 * Makes the contact of a thread visible to everyone who sees the thread. Runs after the change, which may be
 * refused. If the process dies in between, a retry of the change does this.
 */
export async function shareContact(
  models: Models,
  { workspace_id, audience, contact_id }: ThreadRow,
): Promise<void> {
  await models.Contact.updateOne({ workspace_id, _id: contact_id }, { $addToSet: { audiences: audience } });
}

/** A thread's ETag. */
export const threadTag = (kind: MessageRow['thread_kind'], row: ThreadRow): string =>
  etagOf(kind, row._id, row.changes, row.last_message_at, row.updated_at);
