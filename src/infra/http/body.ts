import type { IncomingMessage } from 'node:http';
import { IncompleteBody, UnreadableBody } from './form.ts';

/** @throws UnreadableBody when the head says that the body is over the limit, or compressed */
export function checkHead({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new UnreadableBody('the body is compressed; post it as it is');
}

/**
 * The body as it arrives. An error here does not destroy the request, so that it can be answered.
 * @throws UnreadableBody over the limit (inclusive), IncompleteBody when the sender stops early
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
