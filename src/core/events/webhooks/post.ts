import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { AddressNotAllowed, checkedLookup, isAllowedAddress } from './target.ts';
import ipaddr from 'ipaddr.js';

/** Deadline for connecting, the answer and the start of its body together. */
const TIMEOUT_MS = 15_000;
/** Bytes of the answer's body that are kept. */
const BODY_BYTES = 1_024;

export interface EndpointAnswer {
  /** Null when there was no answer. */
  status: number | null;
  /** Why there was no answer, as a code; null when there was one. */
  error: string | null;
  /** Start of the answer's body. */
  body: string;
  /** The wait that `Retry-After` asks for. */
  retryAfterMs: number | null;
  /** Duration of the call. */
  ms: number;
}

/** Posts a body to an endpoint; never rejects. Redirects are not followed. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<EndpointAnswer>;

interface PostOptions {
  allowLoopback: boolean;
  /** Resolves host names. Defaults to the system's resolver. */
  lookup?: LookupFunction;
  timeoutMs?: number;
}

export function createPost({ allowLoopback, lookup, timeoutMs = TIMEOUT_MS }: PostOptions): Post {
  const connection = { keepAlive: true, timeout: timeoutMs, lookup: checkedLookup(allowLoopback, lookup) };
  const agents = { 'http:': new http.Agent(connection), 'https:': new https.Agent(connection) };

  return async (text, headers, body) => {
    const started = performance.now();
    const ms = () => Math.round(performance.now() - started);
    const noAnswer = { status: null, body: '', retryAfterMs: null };
    try {
      const url = new URL(text);
      // For an IP address Node calls no `lookup`, so it is checked here.
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (ipaddr.isValid(host) && !isAllowedAddress(host, allowLoopback)) throw new AddressNotAllowed();
      return { ...(await exchange(url, headers, body)), error: null, ms: ms() };
    } catch (error) {
      return { ...noAnswer, error: codeOf(error), ms: ms() };
    }
  };

  function exchange(
    url: URL,
    headers: Record<string, string>,
    body: string,
  ): Promise<Pick<EndpointAnswer, 'status' | 'body' | 'retryAfterMs'>> {
    const isHttps = url.protocol === 'https:';
    const bytes = Buffer.from(body);
    const signal = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const request = (isHttps ? https : http).request(url, {
        method: 'POST',
        agent: agents[isHttps ? 'https:' : 'http:'],
        headers: { ...headers, 'content-length': bytes.length },
        signal,
      });
      request.once('error', reject);
      request.once('response', (response) => {
        // The endpoint has answered: an error from now on concerns only the rest of the body.
        request.off('error', reject).once('error', () => finish());
        let [start, isFinished] = [Buffer.alloc(0), false];
        // Also when the body breaks off: the status is the answer.
        const finish = () => {
          if (isFinished) return;
          isFinished = true;
          if (!response.complete) response.destroy();
          resolve({
            status: response.statusCode ?? 0,
            body: start.subarray(0, BODY_BYTES).toString('utf8'),
            retryAfterMs: retryAfter(response.headers['retry-after']),
          });
        };
        response.on('data', (chunk: Buffer) => {
          start = Buffer.concat([start, chunk]);
          if (start.length >= BODY_BYTES) finish();
        });
        for (const event of ['end', 'error', 'close']) response.once(event, finish);
      });
      request.end(bytes);
    });
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** A code that holds no foreign text. */
function codeOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') return 'time-out';
  return typeof code === 'string' ? code : 'no connection';
}
