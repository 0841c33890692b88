import type { Model, mongo } from 'mongoose';
import { collectionOf, type Models } from '../../infra/models/index.ts';
import { MESSAGE_STATES } from '../../infra/models/outbound.ts';
import { EVERYONE } from '../threads/audiences.ts';
import { ROW_FIELDS, type RowChange } from './changes.ts';
import { domainEvents } from './domainEvents.ts';
import { LATE_MS, readAddress, readContact, readMessage, readThread } from './rowChanges.ts';
import type { PresentRow, ReadRow, ToldChanges } from './rowChanges.ts';

const BATCH = 100;

const TIMES = ['created_at', 'updated_at', 'deleted_at', 'merged_at', 'stored_at', 'edited_at'] as const;
const MORE = ['state', 'outbound.state_at', 'proved_at', 'expired_at'] as const;
const projection = Object.fromEntries([...ROW_FIELDS, ...TIMES, ...MORE].map((field) => [field, 1]));

/** Rows of a workspace that may have changed, and what they tell. */
interface Source {
  rows: mongo.FindCursor<mongo.WithId<mongo.Document>>;
  read: ReadRow;
}

/**
 * What happened since a time and is not known as an event yet, as changes, as far as the rows tell: new rows,
 * and of each row its last change. Reads each workspace's rows by its lists' indexes: it is for an
 * installation whose position in the change stream was lost.
 */
export async function* changesSince(models: Models, since: Date): AsyncGenerator<RowChange[]> {
  const workspaces = await models.Workspace.find({}, { _id: 1 }).lean();
  for (const { _id } of workspaces)
    for (const source of await sourcesOf(models, _id, since)) yield* missingIn(models, _id, source, since);
}

/** Messages first, as they are stored first. */
async function sourcesOf(models: Models, workspace_id: string, since: Date): Promise<Source[]> {
  const audience = { $in: await audiencesIn(models, workspace_id) };
  const after = { $gte: since };
  const late = { $gte: new Date(since.getTime() - LATE_MS) };
  const find = (model: unknown, filter: mongo.Filter<mongo.Document>) =>
    collectionOf(model as Model<mongo.Document>).find({ workspace_id, ...filter }, { projection });
  const threads = { audience, updated_at: after };
  const changed = { $or: [{ stored_at: after }, { 'outbound.state_at': after }, { edited_at: after }] };
  const messages = { audience, state: { $in: [...MESSAGE_STATES] }, created_at: late, ...changed };
  const contacts = { $or: [{ created_at: late }, { updated_at: after }] };
  const addresses = { $or: [{ proved_at: after }, { expired_at: after }] };
  return [
    { rows: find(models.Message, messages), read: readMessage },
    { rows: find(models.Ticket, threads), read: readThread('tickets') },
    { rows: find(models.Conversation, threads), read: readThread('conversations') },
    { rows: find(models.Contact, contacts), read: readContact },
    { rows: find(models.WorkspaceEmail, addresses), read: readAddress },
  ];
}

async function audiencesIn(models: Models, workspace_id: string): Promise<string[]> {
  const members = await models.Member.find({ workspace_id }, { user_id: 1 }).lean();
  const teams = await models.Team.find({ workspace_id }, { _id: 1 }).lean();
  return [
    ...EVERYONE,
    ...members.map(({ user_id }) => `owner:${user_id}`),
    ...teams.map(({ _id }) => `team:${_id}`),
  ];
}

async function* missingIn(
  models: Models,
  workspaceId: string,
  { rows, read }: Source,
  since: Date,
): AsyncGenerator<RowChange[]> {
  let batch: ToldChanges[] = [];
  for await (const row of rows) {
    batch.push(read(row as unknown as PresentRow, since));
    if (batch.length < BATCH) continue;
    yield await withoutKnown(models, workspaceId, batch, since);
    batch = [];
  }
  yield await withoutKnown(models, workspaceId, batch, since);
}

/** The insertions without an event, and the updates without an event at their time or later. */
async function withoutKnown(
  models: Models,
  workspace_id: string,
  told: ToldChanges[],
  since: Date,
): Promise<RowChange[]> {
  if (told.length === 0) return [];
  const eventIds = (insert: RowChange | null) => (insert ? domainEvents(insert).map(({ _id }) => _id) : []);
  const inserted = told.flatMap(({ insert }) => eventIds(insert));
  const created = await models.Event.find({ workspace_id, _id: { $in: inserted } }, { _id: 1 }).lean();
  const known = new Set(created.map(({ _id }) => _id));
  const ids = told.map(({ row }) => row._id);
  const later = await models.Event.find(
    { workspace_id, at: { $gte: since }, row_id: { $in: ids } },
    { row_id: 1, at: 1 },
  ).lean();
  const isKnown = (id: string, at: Date) => later.some((event) => event.row_id === id && event.at >= at);
  return told.flatMap(({ row, insert, update }) => {
    const isNew = insert !== null && eventIds(insert).some((id) => !known.has(id));
    // A new row is read as it is now, so its later changes count only where somebody did them.
    const isTold = !isNew || row.direction !== undefined || !!row.last_change || !!row.deleted_at;
    return [
      ...(isNew ? [insert] : []),
      ...(update && isTold && !isKnown(row._id, update.wallTime) ? [update] : []),
    ];
  });
}
