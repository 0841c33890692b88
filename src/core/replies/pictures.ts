import type { AttachmentRow, Models } from '../../infra/models/index.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { shownCids } from '../../mail/outgoingHtml.ts';
import { copyFiles } from './copyFiles.ts';
import type { Order } from './newReply.ts';

interface PictureDeps {
  models: Models;
  storage: Pick<Storage, 'copy'>;
  platformDomain: string;
  /** Id of the file that a URL of ours shows; null for any other URL. */
  fileOf: (url: string) => string | null;
  /** Filter for the files that the agent may see. */
  seen: object;
}

/** Sanitised HTML has images of other servers, and those of ours, in this form. */
const REMOTE = /<img data-src="([^"<>]*)"/g;

/**
 * Makes pictures that the agent's HTML shows by URLs of ours parts of the mail: such a URL works for an hour
 * and for this agent alone. A picture that is not stored, or that the agent cannot see, is left out.
 */
export async function withOwnPictures(deps: PictureDeps, order: Order): Promise<Order> {
  const { models, fileOf } = deps;
  const { html } = order.body;
  const idOf = (source: string) => fileOf(source.replaceAll('&amp;', '&'));
  const ids = [...(html ?? '').matchAll(REMOTE)].flatMap(([, source]) => idOf(source!) ?? []);
  if (html === null || ids.length === 0) return order;
  const files = await models.Attachment.find({
    ...deps.seen,
    _id: { $in: [...new Set(ids)] },
    content_type: /^image\//i,
    state: 'stored',
  }).lean<AttachmentRow[]>();
  const isUpload = ({ message_id, content_id }: AttachmentRow) => message_id === '' && content_id !== null;
  const originals = files.filter((file) => !isUpload(file));
  const copies = await copyFiles({ ...deps, author: order.author, messageId: order.id }, originals);
  const parts = new Map(files.filter(isUpload).map((file) => [file._id, file]));
  for (const [n, { _id }] of originals.entries()) parts.set(_id, copies[n]!);
  const shown = html.replace(REMOTE, (tag, source: string) => {
    const id = idOf(source);
    if (id === null) return tag;
    const cid = parts.get(id)?.content_id;
    return cid ? `<img src="postroom-cid:${encodeURIComponent(cid)}"` : '<img';
  });
  return {
    ...order,
    body: { ...order.body, html: shown, shownCids: shownCids(shown) },
    copies: [...order.copies, ...parts.values()],
  };
}
