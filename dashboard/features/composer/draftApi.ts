import { api, newKey, read } from '../../lib/api.ts';
import { textOf } from '../../lib/htmlText.ts';
import { Problem } from '../../lib/problem.ts';
import type { ThreadRef } from '../../lib/rows.ts';
import type { components } from '../../lib/schema.gen.d.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { formatAddress } from './addresses.ts';
import { EMPTY, slotOf, type Draft, type Slot } from './draft.ts';
import { toCids } from './outgoing.ts';

/** A draft as the server has it. */
export type DraftRow = components['schemas']['Draft'];

/** Where a draft belongs: a thread's answer or note, or a new thread. */
export type Place = { thread: ThreadRef; slot: Slot } | { thread: null; slot: 'new' };

export const placeKey = (workspace: string, { thread, slot }: Place): string =>
  ['draft', workspace, thread?.id ?? '', slot].join('.');

export const draftOf = (row: DraftRow): Draft => ({
  ...EMPTY,
  mode: row.kind === 'reply' ? (row.mode ?? 'reply') : row.kind,
  messageId: row.message_id,
  from: row.sending_email,
  to: row.to ?? [],
  cc: row.cc ?? [],
  bcc: row.bcc ?? [],
  subject: row.subject ?? '',
  html: row.html ?? '',
  files: row.attachments,
  quote: row.quote,
  newKind: row.thread_kind,
});

/** What the server keeps of a draft; the addresses as they were typed. */
const bodyOf = (draft: Draft) => ({
  mode: draft.mode === 'note' || draft.mode === 'new' ? null : draft.mode,
  message_id: draft.messageId,
  to: draft.to.map(formatAddress),
  cc: draft.cc.map(formatAddress),
  bcc: draft.bcc.map(formatAddress),
  subject: draft.subject,
  sending_email: draft.from,
  text: textOf(draft.html),
  html: toCids(draft.html, draft.files),
  attachments: draft.files.map(({ id }) => id),
  quote: draft.quote,
});

/** A draft by its id; null: it is gone. */
export async function readDraftById(workspace: string, id: string): Promise<DraftRow | null> {
  const params = { path: { workspace_id: workspace, id } };
  try {
    return await read(api.GET('/api/v1/workspaces/{workspace_id}/drafts/{id}', { params }));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** My draft of a place, if there is one. */
export async function readDraft(workspace: string, { thread, slot }: Place): Promise<DraftRow | null> {
  const query = thread === null ? {} : { thread_id: thread.id };
  const params = { path: { workspace_id: workspace }, query };
  const page = await read(api.GET('/api/v1/workspaces/{workspace_id}/drafts', { params }));
  return page.data.find((row) => row.kind === slot) ?? null;
}

/** Saves a draft. @param id of the one that is there; null: it is the first time */
export async function writeDraft(
  workspace: string,
  { thread }: Place,
  id: string | null,
  draft: Draft,
): Promise<DraftRow> {
  const path = { workspace_id: workspace };
  const body = bodyOf(draft);
  if (thread !== null) {
    const params = { path: { ...path, id: thread.id } };
    return slotOf(draft.mode) === 'note'
      ? read(api.PUT(threadPath(thread.kind, `${TICKET}/draft/note`), { params, body }))
      : read(api.PUT(threadPath(thread.kind, `${TICKET}/draft/reply`), { params, body }));
  }
  if (id !== null) {
    const params = { path: { ...path, id } };
    const change = { thread_kind: draft.newKind, ...body };
    return read(api.PATCH('/api/v1/workspaces/{workspace_id}/drafts/{id}', { params, body: change }));
  }
  const params = { path, header: { 'Idempotency-Key': newKey() } };
  const row = { kind: 'new' as const, thread_kind: draft.newKind, thread_id: null, ...body };
  return read(api.POST('/api/v1/workspaces/{workspace_id}/drafts', { params, body: row }));
}
const TICKET = '/api/v1/workspaces/{workspace_id}/tickets/{id}';

export async function deleteDraft(workspace: string, id: string): Promise<void> {
  const params = { path: { workspace_id: workspace, id } };
  await api.DELETE('/api/v1/workspaces/{workspace_id}/drafts/{id}', { params });
}
