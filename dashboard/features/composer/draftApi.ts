import { api, newKey, read } from '../../lib/api.ts';
import type { Address, Attachment, ThreadRef } from '../../lib/rows.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { formatAddress } from './addresses.ts';
import { EMPTY, slotOf, textOf, type Draft, type Slot } from './draft.ts';
import { toCids } from './outgoing.ts';

/** A draft as the server has it. */
export interface DraftRow {
  id: string;
  kind: 'reply' | 'note' | 'new';
  mode: 'reply' | 'reply_all' | 'forward' | null;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string | null;
  message_id: string | null;
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[] | null;
  subject: string | null;
  sending_email: string | null;
  text: string;
  html: string | null;
  attachments: Attachment[];
  quote: string | null;
  updated_at: string;
}

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

/** My draft of a place, if there is one. */
export async function readDraft(workspace: string, { thread, slot }: Place): Promise<DraftRow | null> {
  const query = thread === null ? {} : { thread_id: thread.id };
  const page = (await read(
    api.GET(
      '/api/v1/workspaces/{workspace_id}/drafts' as never,
      { params: { path: { workspace_id: workspace }, query } } as never,
    ),
  )) as { data: DraftRow[] };
  return page.data.find((row) => row.kind === slot) ?? null;
}

/** Saves a draft. @param id of the one that is there; null: it is the first time */
export async function writeDraft(
  workspace: string,
  place: Place,
  id: string | null,
  draft: Draft,
): Promise<DraftRow> {
  const params = { path: { workspace_id: workspace } };
  if (place.thread !== null) {
    const slot = `/api/v1/workspaces/{workspace_id}/tickets/{id}/draft/${slotOf(draft.mode)}`;
    const path = threadPath(place.thread.kind, slot as never);
    const at = { path: { ...params.path, id: place.thread.id } };
    return read(api.PUT(path, { params: at, body: bodyOf(draft) } as never));
  }
  if (id !== null) {
    const path = '/api/v1/workspaces/{workspace_id}/drafts/{id}' as never;
    const at = { path: { ...params.path, id } };
    return read(api.PATCH(path, { params: at, body: bodyOf(draft) } as never));
  }
  const path = '/api/v1/workspaces/{workspace_id}/drafts' as never;
  const keyed = { ...params, header: { 'Idempotency-Key': newKey() } };
  const body = { kind: 'new', thread_kind: draft.newKind, ...bodyOf(draft) };
  return read(api.POST(path, { params: keyed, body } as never));
}

export async function deleteDraft(workspace: string, id: string): Promise<void> {
  const path = '/api/v1/workspaces/{workspace_id}/drafts/{id}' as never;
  await api.DELETE(path, { params: { path: { workspace_id: workspace, id } } } as never);
}
