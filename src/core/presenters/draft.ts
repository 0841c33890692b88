import { z } from 'zod';
import type { AttachmentRow, DraftRow, Models } from '../../infra/models/index.ts';
import { DRAFT_KINDS, REPLY_MODES } from '../../infra/models/draft.ts';
import { uploaderOnly } from '../replies/uploads.ts';
import { Attachment, presentAttachment } from './attachment.ts';
import type { Links } from './links.ts';
import { MailAddress, Time } from './schemas.ts';
import { ThreadRef, threadRefs } from './threadRefs.ts';
import type { ApiUser } from './visibility.ts';

const People = z.array(MailAddress).nullable();
export const Draft = z
  .object({
    id: z.string(),
    kind: z.enum(DRAFT_KINDS).meta({ description: '`new`: it will open a thread.' }),
    mode: z.enum(REPLY_MODES).nullable(),
    thread_kind: z.enum(['ticket', 'conversation']),
    thread_id: z.string().nullable(),
    thread: ThreadRef.nullable().meta({ description: 'Null for `new`, and for a thread that is gone.' }),
    message_id: z
      .string()
      .nullable()
      .meta({ description: 'The id of the message that it answers or forwards.' }),
    to: People.meta({ description: 'As typed, even if it is no address. Null: the defaults of a reply.' }),
    cc: People,
    bcc: People,
    subject: z.string().nullable(),
    sending_email: z.string().nullable(),
    text: z.string(),
    html: z.string().nullable().meta({ description: 'As it was written: it is not sanitised yet.' }),
    attachments: z.array(Attachment),
    quote: z.string().nullable().meta({ description: 'The id of the message that is quoted below it.' }),
    send_at: Time.nullable(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Draft' });

/** Drafts with their files and threads. */
export async function showDrafts(
  rows: DraftRow[],
  user: ApiUser,
  { models, links }: { models: Models; links: Links },
): Promise<z.input<typeof Draft>[]> {
  const ids = [...new Set(rows.flatMap(({ attachments }) => attachments))];
  const own = { workspace_id: user.workspaceId, message_id: '', audience: uploaderOnly(user.userId) };
  const [files, threads] = await Promise.all([
    ids.length === 0 ? [] : models.Attachment.find({ _id: { $in: ids }, ...own }).lean<AttachmentRow[]>(),
    threadRefs(models, rows, user),
  ]);
  const byId = new Map(files.map((file) => [file._id, file]));
  return rows.map((row) => ({
    id: row._id,
    kind: row.kind,
    mode: row.mode,
    thread_kind: row.thread_kind,
    thread_id: row.thread_id,
    thread: threads.get(row.thread_id ?? '') ?? null,
    message_id: row.message_id,
    to: row.to,
    cc: row.cc,
    bcc: row.bcc,
    subject: row.subject,
    sending_email: row.sending_email,
    text: row.text,
    html: row.html,
    attachments: row.attachments.flatMap((id) => {
      const file = byId.get(id);
      return file ? [presentAttachment(file, user, links)] : [];
    }),
    quote: row.quote,
    send_at: row.send_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }));
}

export async function showDraft(row: DraftRow, user: ApiUser, deps: { models: Models; links: Links }) {
  const [shown] = await showDrafts([row], user, deps);
  return shown!;
}
