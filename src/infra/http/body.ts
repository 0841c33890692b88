import type { IncomingMessage } from 'node:http';
import { IncompleteBody, UnreadableBody } from './form.ts';

/** @throws UnreadableBody when the head says that the body is over the limit, or compressed */
export function checkHead({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new UnreadableBody('the body is compressed; post it as it is');
}

/** A sender that is silent for so long in the middle of a body has gone (ms). */
const IDLE_MS = 30_000;

/**
 * The body as it arrives. An error here does not destroy the request, so that it can be answered.
 * @throws UnreadableBody over the limit (inclusive), IncompleteBody when the sender stops early, or falls silent
 */
export async function* bodyOf(
  req: IncomingMessage,
  maxPostBytes: number,
  idleMs = IDLE_MS,
): AsyncIterable<Buffer> {
  const chunks = req.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  let bytes = 0;
  for (;;) {
    const next = await inTime(chunks.next(), idleMs).catch((cause: unknown) => {
      throw cause instanceof IncompleteBody ? cause : new IncompleteBody('The body ended early.', { cause });
    });
    if (next.done) break;
    bytes += next.value.length;
    if (bytes > maxPostBytes) throw tooLarge(maxPostBytes);
    yield next.value;
  }
  if (!req.complete) throw new IncompleteBody('The body ended early.');
}

/** Only the wait for the sender counts, not our own storing. */
async function inTime<T>(chunk: Promise<T>, idleMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const error = new IncompleteBody(`No byte of the body came for ${idleMs / 1000} s.`);
    timer = setTimeout(() => reject(error), idleMs);
  });
  try {
    return await Promise.race([chunk, silence]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (maxPostBytes: number): UnreadableBody =>
  new UnreadableBody(`the body is over ${maxPostBytes} bytes`);
