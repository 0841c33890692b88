import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher } from 'undici';
import { AddressNotAllowed, checkedLookup, isAllowedAddress } from './target.ts';

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
  // One deadline for all of it is set below.
  const agent = new Agent({
    connect: { lookup: checkedLookup(allowLoopback, lookup), timeout: 0 },
    headersTimeout: 0,
    bodyTimeout: 0,
  });

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

  async function exchange(
    { origin, pathname, search }: URL,
    headers: Record<string, string>,
    body: string,
  ): Promise<Pick<EndpointAnswer, 'status' | 'body' | 'retryAfterMs'>> {
    const answer = await agent.request({
      origin,
      path: pathname + search,
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: answer.statusCode,
      body: await startOf(answer.body),
      retryAfterMs: retryAfter(answer.headers['retry-after']),
    };
  }
}

/** The start of a body, also of one that breaks off: the status is the answer. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let start = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      start = Buffer.concat([start, chunk as Buffer]);
      if (start.length >= BODY_BYTES) break;
    }
  } catch {
    // The endpoint has answered; the rest of its body is not missed.
  }
  return start.subarray(0, BODY_BYTES).toString('utf8');
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string') return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** A code that holds no foreign text. */
function codeOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') return 'time-out';
  // undici's name for a connection that the endpoint closes.
  if (code === 'UND_ERR_SOCKET') return 'ECONNRESET';
  return typeof code === 'string' ? code : 'no connection';
}
