import http from 'node:http';
import https from 'node:https';
import Mailgun from 'mailgun.js';
import { z } from 'zod';
import type { Config } from '../../config.ts';

type Client = ReturnType<Mailgun['client']>;

/** What Mailgun, or whatever answered in its place, said. A text that is no JSON is `{message: text}`. */
export interface MailgunAnswer {
  status: number;
  body: unknown;
}

/** No whole answer came. `code` is Node's or one of ours, without foreign text. */
export class NoAnswer extends Error {
  readonly code: string;
  /** Certain: no connection, so no request. */
  readonly reachedNobody: boolean;
  constructor(code: string, reachedNobody: boolean) {
    super(code);
    this.code = code;
    this.reachedNobody = reachedNobody;
  }
}

/**
 * What mailgun.js 14 does not let its caller say to the axios inside it. Without `maxRedirects: 0` a whole mail is kept in memory until
 * it is answered, in case it must be posted again; and a redirect would post it, to whomever it names. A connection that was used
 * before may be closed at the other end by now, which is found out only when it is unclear whether a mail has gone through.
 */
const TRANSPORT = {
  maxRedirects: 0,
  // Every HTTP answer comes back as one: as errors they could not be told from a broken network.
  validateStatus: () => true,
  httpAgent: new http.Agent({ keepAlive: false }),
  httpsAgent: new https.Agent({ keepAlive: false }),
};

/**
 * One call of Mailgun's API through its own client, over within `timeoutMs`. @throws NoAnswer
 * @param use makes the call; its result is not looked at.
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
    const called = makeRequest(
      url,
      method,
      { ...(options as object), ...TRANSPORT, signal: stop.signal },
      how,
    );
    calls.push(called);
    return called;
  };
  const end = () => stop.abort();
  // The client's own limit is for the start of an answer, not for its end.
  const timer = setTimeout(end, config.timeoutMs);
  signal.addEventListener('abort', end);
  try {
    // It cannot read every answer that it gets; what it got is looked at here.
    await use(client).catch(() => null);
    if (!calls[0]) throw new NoAnswer('NotCalled', true);
    return await calls[0];
  } catch (error) {
    throw error instanceof NoAnswer ? error : noAnswer(error, signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** The domain of an address, as a part of a URL's path: Mailgun sends for one domain a call. */
export const domainOf = (email: string): string =>
  encodeURIComponent(email.slice(email.lastIndexOf('@') + 1));

/** The environment's proxy is for Mailgun itself; any other address stands in for it, and is called as it is. */
function proxyFor(url: string): undefined {
  const isMailgun = /\.mailgun\.(?:net|org)$/.test(new URL(url).hostname);
  // False is what the client hands on, and what its types do not know.
  return isMailgun ? undefined : (false as unknown as undefined);
}

/** What the client throws (class not exported); for a broken network `status` is 400, and `message` the code. */
const Thrown = z.object({ message: z.string(), details: z.string().catch('') });
const NOBODY = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** Of these it depends on when: `connect EHOSTUNREACH …`, or nothing where several addresses were tried. */
const NOBODY_WHILE_CONNECTING = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EADDRNOTAVAIL']);
/** Node's codes for a certificate that is not accepted: the request comes after that. */
const CERTIFICATE = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

function noAnswer(error: unknown, signal: AbortSignal): NoAnswer {
  const thrown = Thrown.safeParse(error);
  const { message, details } = thrown.success ? thrown.data : { message: '', details: '' };
  if (signal.aborted) return new NoAnswer('Cancelled', false);
  if (message === 'ERR_CANCELED' || message === 'ECONNABORTED') return new NoAnswer('Timeout', false);
  // A 200 that says "Mailgun Magnificent API": an address where no mail is taken.
  if (message === 'Incorrect url') return new NoAnswer('WrongUrl', true);
  const isConnecting = details === '' || details.startsWith('connect ');
  const reachedNobody =
    NOBODY.has(message) ||
    CERTIFICATE.test(message) ||
    (NOBODY_WHILE_CONNECTING.has(message) && isConnecting);
  return new NoAnswer(/^[A-Z][A-Z0-9_]{3,50}$/.test(message) ? message : 'BrokenOff', reachedNobody);
}
