import type { IncomingMessage } from 'node:http';
import { IncompleteBody, UnreadableBody } from './form.ts';

/** @throws Refused when the head alone says that the body cannot be taken: announced over the limit, or compressed */
export function checkHead({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new UnreadableBody('the body is compressed; post it as it is');
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
    throw error instanceof UnreadableBody
      ? error
      : new IncompleteBody('the body ended early', { cause: error });
  }
  if (!req.complete) throw new IncompleteBody('the body ended early');
}

const tooLarge = (maxPostBytes: number): UnreadableBody =>
  new UnreadableBody(`the body is over ${maxPostBytes} bytes`);
