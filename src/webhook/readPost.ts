import type { IncomingMessage } from 'node:http';
import type { InboundProvider } from '../providers/inbound.ts';
import { BrokenOff, Refused } from './form.ts';
import type { IncomingPost } from './incomingPost.ts';
import { boundaryOf, readMultipart } from './multipart.ts';
import { readUrlencoded } from './urlencoded.ts';

type ReadBody = (body: AsyncIterable<Buffer>, post: IncomingPost) => Promise<void>;

/** Chooses how to read a body by the request's head. @throws Refused when it cannot be read, or is too large */
export function bodyReader(req: IncomingMessage, provider: InboundProvider, maxPostBytes: number): ReadBody {
  checkHead(req, maxPostBytes);
  const contentType = req.headers['content-type'] ?? '';
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const isMultipart = mediaType === 'multipart/form-data';
  if (provider.body === 'mime') {
    if (isMultipart) throw new Refused('the body is to be the mail itself, not a form that holds it');
    return readMime;
  }
  if (mediaType === 'application/x-www-form-urlencoded') return readUrlencoded;
  if (!isMultipart)
    throw new Refused(
      'the content type is neither application/x-www-form-urlencoded nor multipart/form-data',
    );
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw new Refused('the content type multipart/form-data names no boundary');
  return (body, post) => readMultipart(body, boundary, post);
}

/** @throws Refused when the head alone says that the body cannot be taken: announced over the limit, or compressed */
export function checkHead({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Refused('the body is compressed; post it as it is');
}

async function readMime(body: AsyncIterable<Buffer>, post: IncomingPost): Promise<void> {
  post.beginMime();
  let isEmpty = true;
  for await (const bytes of body) {
    isEmpty &&= bytes.length === 0;
    await post.data(bytes);
  }
  if (isEmpty) throw new Refused('the body is empty; it is to be the mail');
  await post.end();
}

/**
 * The body as it arrives. The request outlives an error here, so that it can be answered.
 * @throws Refused over the limit (inclusive), BrokenOff when the sender stops early
 */
export async function* bodyOf(req: IncomingMessage, maxPostBytes: number): AsyncIterable<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxPostBytes) throw tooLarge(maxPostBytes);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Refused ? error : new BrokenOff('the body ended early', { cause: error });
  }
  if (!req.complete) throw new BrokenOff('the body ended early');
}

const tooLarge = (maxPostBytes: number): Refused => new Refused(`the body is over ${maxPostBytes} bytes`);
