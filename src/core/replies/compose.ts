import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { composeMime } from '../../mail/composeMime.ts';
import { outgoingHtml, shownCids } from '../../mail/outgoingHtml.ts';
import { textFromHtml } from '../../mail/htmlText.ts';
import type { AttachmentRow, Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';
import type { Storage } from '../../infra/storage/storage.ts';

/**
 * Size of the composed MIME, inclusive (Mailgun: 25 MB a message). Files grow by 37 % in it: about 18 MB of
 * files fit.
 */
export const MAX_COMPOSED_BYTES = 25 * 1024 * 1024;

/** The fields from which a mail is composed. */
type Mail = Pick<
  OutboundMessageRow,
  | 'from'
  | 'reply_to'
  | 'to'
  | 'cc'
  | 'subject'
  | 'text'
  | 'html'
  | 'message_id'
  | 'in_reply_to'
  | 'references'
> & { outbound: Pick<Outbound, 'due_at'> };
type File = Pick<AttachmentRow, '_id' | 'filename' | 'content_type' | 'size' | 'content_id'>;

/** Allowance for From and Reply-To, which are not known yet when a message is saved. */
const SENDER_BYTES = 2_000;

/**
 * Composes the message as MIME into a spool file, which exists while `use` runs. @throws NotStoredError when
 * an attachment is gone.
 */
export async function withComposed<T>(
  { models, storage }: { models: Models; storage: Storage },
  row: OutboundMessageRow,
  use: (mimeFile: string, size: number) => Promise<T>,
): Promise<T> {
  const files = await models.Attachment.find({
    workspace_id: row.workspace_id,
    message_id: row._id,
  })
    .sort({ position: 1 })
    .lean<AttachmentRow[]>();
  const stored = files.flatMap((file) => (file.state === 'stored' && file.key !== null ? [file] : []));
  const mimeFile = path.join(storage.spoolDir, `${randomUUID()}.eml`);
  try {
    await pipeline(
      compose(row, stored, ({ key }) =>
        Readable.from(bytesOf(storage, key as string), { objectMode: false }),
      ),
      createWriteStream(mimeFile),
    );
    return await use(mimeFile, (await stat(mimeFile)).size);
  } finally {
    await rm(mimeFile, { force: true });
  }
}

/**
 * Size of the composed mail, files included: exact, or up to 2,000 bytes too many while its sender is not
 * known.
 */
export async function composedBytes(row: Mail, files: File[]): Promise<number> {
  let bytes = row.from.email === '' ? SENDER_BYTES : 0;
  for await (const chunk of compose(row, files, () => Readable.from([])))
    bytes += (chunk as Uint8Array).length;
  return files.reduce((sum, file) => sum + base64Bytes(file.size ?? 0), bytes);
}

/** Lines of 76 characters with CRLF between them (RFC 2045 6.8). */
function base64Bytes(size: number): number {
  const characters = Math.ceil(size / 3) * 4;
  return characters + 2 * Math.max(0, Math.ceil(characters / 76) - 1);
}

/** Opens the file only when it is read: a store may close a connection that is idle for long. */
async function* bytesOf(storage: Storage, key: string): AsyncGenerator<Uint8Array> {
  yield* (await storage.read(key)) as AsyncIterable<Uint8Array>;
}

function compose<F extends File>(row: Mail, files: F[], content: (file: F) => Readable): Readable {
  const shown = new Map<string, F>();
  for (const cid of shownCids(row.html ?? '')) {
    // Only images: a text shown in place would be read as part of the letter.
    const file = files.find(
      ({ content_id, content_type }) => content_id === cid && /^image\//i.test(content_type),
    );
    if (file) shown.set(cid, file);
  }
  const images = new Set(shown.values());
  const outgoing = row.html ? outgoingHtml(row.html, (cid) => partIdOf(shown.get(cid))) : null;
  return composeMime({
    from: row.from,
    replyTo: row.reply_to,
    to: row.to,
    cc: row.cc,
    subject: row.subject,
    // The same at each attempt, and the time at which a scheduled mail goes out.
    date: row.outbound.due_at,
    messageId: row.message_id,
    inReplyTo: row.in_reply_to,
    references: row.references,
    text: row.text || textFromHtml(row.html ?? ''),
    html: outgoing?.html ?? null,
    files: [
      ...files.map((file) => ({
        filename: file.filename,
        contentType: file.content_type,
        contentId: images.has(file) ? partId(file) : null,
        content: content(file),
      })),
      ...(outgoing?.pasted ?? []).map(({ contentType, contentId, bytes }, index) => ({
        filename: `image-${index + 1}.${contentType.slice('image/'.length)}`,
        contentType,
        contentId,
        content: Readable.from([bytes]),
      })),
    ],
  });
}

const partIdOf = (file: File | undefined): string | null => (file ? partId(file) : null);

/** The file's own Content-Id if it needs no escaping in a header or URL, else one made from its id. */
function partId({ _id, content_id }: File): string {
  if (content_id !== null && /^[\w.+@-]{1,200}$/.test(content_id)) return content_id;
  return `${createHash('sha256').update(_id).digest('hex').slice(0, 32)}@inline`;
}
