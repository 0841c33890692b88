import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';
import type { Body } from './body.ts';

/** The result of a try: the status of the answer, or why there was no answer. */
export type PostOutcome = { status: number; error: null } | { status: null; error: string };

/**
 * Posts a body once, streamed. Never rejects.
 * @param idleMs when no byte passes for this long, there is no answer
 */
export function send(url: URL, body: Body, idleMs: number, signal: AbortSignal): Promise<PostOutcome> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: null, error: error.code ?? error.message });
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      signal,
      agent: false,
      headers: {
        'content-type': body.contentType,
        'content-length': body.length,
        'user-agent': 'mailgun/treq-0.2.1',
      },
    });
    request.setTimeout(idleMs, () => request.destroy(new Error('no answer')));
    request.on('response', (response) => {
      response.resume();
      response.on('error', () => {});
      resolve({ status: response.statusCode!, error: null });
    });
    request.on('error', failed);
    pipeline(body.stream(), request, () => {});
  });
}
