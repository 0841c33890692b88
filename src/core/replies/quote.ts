import { firstHeader } from '../../mail/headers.ts';
import { fillPlaceholders } from '../../mail/html.ts';
import { shownCids } from '../../mail/outgoingHtml.ts';
import { forwardBelow, quoteBelow, textAsHtml } from '../../mail/quoting.ts';
import { caps } from '../../mail/caps.ts';
import type { AttachmentRow, MessageRow, Models } from '../../infra/models/index.ts';
import type { ParserPool } from '../../infra/parser/pool.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { copyFiles } from './copyFiles.ts';
import { type ReplyThread, Unfit } from './draft.ts';
import type { Order } from './newReply.ts';
import { safeBody } from './safeBody.ts';

interface QuoteDeps {
  models: Models;
  storage: Pick<Storage, 'copy'>;
  parser: Pick<ParserPool, 'sanitise' | 'words'>;
  platformDomain: string;
}

/**
 * Puts the message that the draft quotes below its body, in text and in HTML, with the pictures that it
 * shows.
 * @throws Unfit when it is not a mail of this thread, or is too large to be quoted
 */
export async function withQuote(deps: QuoteDeps, order: Order, thread: ReplyThread): Promise<Order> {
  const { draft, body } = order;
  if (draft.quote === null) return order;
  const original = await findOriginal(deps.models, draft.quote, thread);
  const copies = await copyShown(deps, order, original);
  const quoted = {
    from: original.sender.email === '' ? sendingAddress(original) : original.sender,
    to: original.to,
    cc: original.cc,
    subject: original.subject,
    at: original.sent_at ?? original.created_at,
    date: firstHeader(original.headers, 'Date') ?? null,
    text: original.text,
    html: original.html === null ? null : renamed(original.html, copies),
  };
  const quote = draft.kind === 'forward' ? forwardBelow(quoted) : quoteBelow(quoted);
  const text = `${body.text.trimEnd()}\n\n${quote.text}`;
  const own = body.html ?? (original.html === null ? null : `<div>${textAsHtml(body.text)}</div>`);
  const html = own === null ? null : `${own}<br />${quote.html}`;
  if (Buffer.byteLength(text) > caps.textBytes || Buffer.byteLength(html ?? '') > caps.htmlBytes)
    throw new Unfit('quote', TOO_LARGE);
  const whole = await safeBody(deps.parser, { text, html }).catch((error: unknown) => {
    throw error instanceof Unfit ? new Unfit('quote', TOO_LARGE) : error;
  });
  return { ...order, body: whole, copies: [...order.copies, ...copies.values()] };
}

const TOO_LARGE = 'is too large to be quoted; leave it out, or forward it as a file';

async function findOriginal(
  models: Models,
  _id: string,
  { row: { _id: thread_id, workspace_id, audience } }: ReplyThread,
): Promise<MessageRow> {
  const original = await models.Message.findOne({
    _id,
    workspace_id,
    thread_id,
    audience,
  }).lean<MessageRow>();
  if (original && original.direction !== 'note') return original;
  throw new Unfit('quote', 'must be the id of a mail of this thread');
}

/** Copies of the pictures that the original shows, by their Content-Id there. */
async function copyShown(
  deps: QuoteDeps,
  { author, id }: Order,
  original: MessageRow,
): Promise<Map<string, AttachmentRow>> {
  const cids = shownCids(original.html ?? '');
  if (cids.length === 0) return new Map();
  const files = await deps.models.Attachment.find({
    workspace_id: original.workspace_id,
    message_id: original._id,
    content_id: { $in: cids },
    content_type: /^image\//i,
    state: 'stored',
  })
    .sort({ position: 1 })
    .lean<AttachmentRow[]>();
  const first = files.filter(
    (file, n) => files.findIndex(({ content_id }) => content_id === file.content_id) === n,
  );
  const copies = await copyFiles({ ...deps, author, messageId: id }, first);
  return new Map(first.map((file, n) => [file.content_id as string, copies[n]!]));
}

const renamed = (html: string, copies: ReadonlyMap<string, AttachmentRow>): string =>
  fillPlaceholders(html, (cid) => {
    const copy = copies.get(cid);
    return copy ? `cid:${encodeURIComponent(copy.content_id as string)}` : null;
  });

/** A message of ours has its sender only once it is sent. */
const sendingAddress = ({ from, sending_email }: MessageRow) =>
  from.email === '' ? { email: sending_email ?? '', name: '' } : from;
