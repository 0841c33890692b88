import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { newId } from '../../src/lib/ids.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';

export type Downloaded =
  | { outcome: 'stored' }
  | { outcome: 'too large' }
  /** `status` is 0 when there was no answer, or it broke off; `code` says which, without foreign text. */
  | { outcome: 'failed'; status: number; code: string };

/** A download that gets no bytes for this long is given up. */
const IDLE_MS = 20_000;
const MAX_REDIRECTS = 3;

/**
 * Downloads a file into storage, streamed. Credentials go only to the requested URL: a redirect is followed
 * without them, and only to https.
 */
export async function download(
  request: { url: URL; headers: Record<string, string> },
  storage: Storage,
  key: string,
  { maxBytes, signal, onProgress }: { maxBytes: number; signal: AbortSignal; onProgress: () => void },
): Promise<Downloaded> {
  const file = path.join(storage.spoolDir, `download-${newId()}`);
  const idle = idleTimer(signal);
  try {
    const response = await ask(request.url, request.headers, idle.signal);
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return { outcome: 'failed', status: response.status, code: `HTTP ${response.status}` };
    }
    if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
      await response.body.cancel();
      return { outcome: 'too large' };
    }
    const limit = atMost(maxBytes, () => {
      idle.touch();
      onProgress();
    });
    await pipeline(Readable.fromWeb(response.body as never), limit, createWriteStream(file), {
      signal: idle.signal,
    });
    await storage.adopt(file, key);
    return { outcome: 'stored' };
  } catch (error) {
    if (error instanceof OverLimit) return { outcome: 'too large' };
    if (signal.aborted || !isOfTheNetwork(error)) throw error;
    return { outcome: 'failed', status: 0, code: idle.signal.aborted ? 'no answer' : 'connection broke off' };
  } finally {
    idle.stop();
    await rm(file, { force: true });
  }
}

/** Errors of the download. Errors of our file system (a full disk) are thrown on. */
function isOfTheNetwork(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  const { name, code = '' } = error as { name?: string; code?: string };
  return (
    name === 'AbortError' ||
    code.startsWith('UND_ERR') ||
    ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code)
  );
}

async function ask(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  hops = 0,
): Promise<Response> {
  const response = await fetch(url, { headers, signal, redirect: 'manual' });
  const location = response.headers.get('location');
  if (response.status < 300 || response.status > 399 || !location) return response;
  await response.body?.cancel();
  const next = new URL(location, url);
  const isAllowed = next.protocol === 'https:' || next.origin === url.origin;
  if (hops === MAX_REDIRECTS || !isAllowed) return new Response(null, { status: 421 });
  return ask(next, {}, signal, hops + 1);
}

class OverLimit extends Error {}

function atMost(maxBytes: number, onChunk: () => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onChunk();
      done(bytes > maxBytes ? new OverLimit() : null, chunk);
    },
  });
}

function idleTimer(outer: AbortSignal): { signal: AbortSignal; touch: () => void; stop: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  outer.addEventListener('abort', abort);
  const timer = setTimeout(abort, IDLE_MS);
  return {
    signal: controller.signal,
    touch: () => timer.refresh(),
    stop: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}
