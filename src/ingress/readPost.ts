import type { IncomingMessage } from 'node:http';
import type { InboundProvider } from '../infra/providers/inbound.ts';
import { checkHead } from '../infra/http/body.ts';
import { UnreadableBody } from '../infra/http/form.ts';
import type { IncomingPost } from './incomingPost.ts';
import { boundaryOf, readMultipart } from '../infra/http/multipart.ts';
import { readUrlencoded } from '../infra/http/urlencoded.ts';

type ReadBody = (body: AsyncIterable<Buffer>, post: IncomingPost) => Promise<void>;

/**
 * Chooses how to read a body by the request's head.
 * @throws UnreadableBody when it cannot be read, or is too large
 */
export function bodyReader(req: IncomingMessage, provider: InboundProvider, maxPostBytes: number): ReadBody {
  checkHead(req, maxPostBytes);
  const contentType = req.headers['content-type'] ?? '';
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const isMultipart = mediaType === 'multipart/form-data';
  if (provider.body === 'mime') {
    if (isMultipart) throw new UnreadableBody('the body must be the mail itself, not a form that holds it');
    return readMime;
  }
  if (mediaType === 'application/x-www-form-urlencoded') return readUrlencoded;
  if (!isMultipart)
    throw new UnreadableBody(
      'the content type is neither application/x-www-form-urlencoded nor multipart/form-data',
    );
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw new UnreadableBody('the content type multipart/form-data names no boundary');
  return (body, post) => readMultipart(body, boundary, post);
}

async function readMime(body: AsyncIterable<Buffer>, post: IncomingPost): Promise<void> {
  post.beginMime();
  let isEmpty = true;
  for await (const bytes of body) {
    isEmpty &&= bytes.length === 0;
    await post.data(bytes);
  }
  if (isEmpty) throw new UnreadableBody('the body is empty; it must be the mail');
  await post.end();
}
