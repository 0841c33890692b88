import http from 'node:http';
import https from 'node:https';
import Mailgun from 'mailgun.js';
import { z } from 'zod';
import type { Config } from '../../config.ts';

type Client = ReturnType<Mailgun['client']>;

/** An answer of Mailgun, or of a proxy in its place. A text that is not JSON becomes `{message: text}`. */
export interface MailgunAnswer {
  status: number;
  body: unknown;
}

/** There was no complete answer. `code` is Node's or one of ours, never foreign text. */
export class NoAnswer extends Error {
  readonly code: string;
  /** There was certainly no connection, so the request was not sent. */
  readonly reachedNoServer: boolean;
  constructor(code: string, reachedNoServer: boolean) {
    super(code);
    this.code = code;
    this.reachedNoServer = reachedNoServer;
  }
}

/**
 * Options of axios that mailgun.js 14 does not let its caller set. Without `maxRedirects: 0` axios keeps the
 * whole mail in memory until the answer, in case it must be posted again, and a redirect would post the mail
 * to any host. `keepAlive` is off because the server may have closed a reused connection: that error comes
 * only after the mail was written, when it is unclear whether it was accepted.
 */
const TRANSPORT = {
  maxRedirects: 0,
  // Every HTTP answer is a result: as an error it would look like a network error.
  validateStatus: () => true,
  httpAgent: new http.Agent({ keepAlive: false }),
  httpsAgent: new https.Agent({ keepAlive: false }),
};

/**
 * One call of Mailgun's API through its client; ends within `timeoutMs`. @throws NoAnswer
 * @param use makes the call; its result is ignored.
 */
export async function call(
  config: Config['mailgun'],
  use: (client: Client) => Promise<unknown>,
  signal = new AbortController().signal,
): Promise<MailgunAnswer> {
  const client = new Mailgun(FormData).client({
    username: 'api',
    key: config.apiKey,
    url: config.url,
    timeout: config.timeoutMs,
    proxy: proxyFor(config.url),
  });
  const { requestProvider } = client.request;
  const makeRequest = requestProvider.makeRequest.bind(requestProvider);
  const stop = new AbortController();
  const calls: Promise<MailgunAnswer>[] = [];
  requestProvider.makeRequest = (url, method, options, how) => {
    const answer = makeRequest(
      url,
      method,
      { ...(options as object), ...TRANSPORT, signal: stop.signal },
      how,
    );
    calls.push(answer);
    return answer;
  };
  const abort = () => stop.abort();
  // The client's own timeout ends with the start of an answer.
  const timer = setTimeout(abort, config.timeoutMs);
  signal.addEventListener('abort', abort);
  try {
    // The client cannot parse every answer, so its result is ignored, and the answer itself is returned.
    await use(client).catch(() => null);
    if (!calls[0]) throw new NoAnswer('NotCalled', true);
    return await calls[0];
  } catch (error) {
    throw error instanceof NoAnswer ? error : noAnswer(error, signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** The domain of an address, encoded for the path of a URL. */
export const domainOf = (email: string): string =>
  encodeURIComponent(email.slice(email.lastIndexOf('@') + 1));

/**
 * The environment's proxy is used for Mailgun itself only; another address is a local stand-in, called
 * directly.
 */
function proxyFor(url: string): undefined {
  const isMailgun = /\.mailgun\.(?:net|org)$/.test(new URL(url).hostname);
  // The client passes false on to axios, but its types do not allow it.
  return isMailgun ? undefined : (false as unknown as undefined);
}

/**
 * The client's error (its class is not exported); for network errors `status` is 400 and `message` is the
 * code.
 */
const Thrown = z.object({ message: z.string(), details: z.string().catch('') });
/** Codes that mean that there was no connection. */
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/**
 * Codes that mean it only while connecting: `details` is `connect EHOSTUNREACH …`, or '' if several addresses
 * were tried.
 */
const WHILE_CONNECTING = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EADDRNOTAVAIL']);
/** Node's codes for a rejected certificate, which it checks before it sends the request. */
const CERTIFICATE = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

function noAnswer(error: unknown, signal: AbortSignal): NoAnswer {
  const thrown = Thrown.safeParse(error);
  const { message, details } = thrown.success ? thrown.data : { message: '', details: '' };
  if (signal.aborted) return new NoAnswer('Cancelled', false);
  if (message === 'ERR_CANCELED' || message === 'ECONNABORTED') return new NoAnswer('Timeout', false);
  // A 200 with "Mailgun Magnificent API": the URL is not the base of the API.
  if (message === 'Incorrect url') return new NoAnswer('WrongUrl', true);
  const isConnecting = details === '' || details.startsWith('connect ');
  const reachedNoServer =
    NO_CONNECTION.has(message) ||
    CERTIFICATE.test(message) ||
    (WHILE_CONNECTING.has(message) && isConnecting);
  return new NoAnswer(/^[A-Z][A-Z0-9_]{3,50}$/.test(message) ? message : 'BrokenOff', reachedNoServer);
}
