import type { Context } from 'koa';
import type { Refusing, SendFault } from './sendFaults.ts';

/** An answer of Mailgun, or of the proxy in front of it. */
export interface HttpAnswer {
  status: number;
  type: 'application/json' | 'text/plain' | 'text/html';
  text: string;
  headers?: Record<string, string>;
  /** Message-Id of the accepted mail. */
  id?: string;
}

export const TOO_LARGE = 'request size exceeds 52.4MiB limit';

export function give(ctx: Context, { status, type, text, headers = {}, id }: HttpAnswer): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.type = type;
  ctx.body = type === 'application/json' ? JSON.stringify({ id, message: text }) : text;
}

export const json = (status: number, text: string): HttpAnswer => ({
  status,
  type: 'application/json',
  text,
});

/** The answer to a call whose mail is not accepted; `drop` and `hang`: no answer. */
export function refuse(answer: Refusing, fault: SendFault, domain: string): HttpAnswer | 'drop' | 'hang' {
  const withText = (status: number, text: string) => json(status, fault.message ?? text);
  switch (answer) {
    case 'drop':
    case 'hang':
      return answer;
    case 'no_id':
      return withText(200, 'Queued. Thank you.');
    case 'html':
      return page(200, 'Welcome');
    case 'magnificent':
      return { status: 200, type: 'text/plain', text: MAGNIFICENT };
    case 400:
      return withText(400, 'to parameter is not a valid address. please check documentation');
    case 401:
      return FORBIDDEN;
    case 402:
      return withText(402, 'Request Failed - parameters were valid but the request failed');
    case 403:
      return withText(403, `Domain ${domain} is not allowed to send: ${TEST_ONLY}`);
    case 404:
      return withText(404, `Domain not found: ${domain}`);
    case 413:
      return withText(413, TOO_LARGE);
    case 429:
      return withText(429, limitText(domain, fault));
    case 502:
      return page(502, '502 Bad Gateway');
    case 503:
      return page(503, '503 Service Temporarily Unavailable');
    case 504:
      return page(504, '504 Gateway Time-out');
    case 500:
      return withText(500, 'Internal Server Error');
  }
}

const TEST_ONLY =
  'Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.';

export const MAGNIFICENT = 'Mailgun Magnificent API';

/** Also Mailgun's answer to a wrong key. */
export const FORBIDDEN: HttpAnswer = {
  status: 401,
  type: 'text/plain',
  text: 'Forbidden',
  headers: { 'WWW-Authenticate': 'Basic realm="MG API"' },
};

/** Mailgun's newer text names seconds, its older one a date. */
export function limitText(
  domain: string,
  limit: Pick<SendFault, 'limit' | 'again_after_s' | 'as_date'>,
): string {
  const seconds = limit.again_after_s ?? 120;
  const after = limit.as_date ? new Date(Date.now() + seconds * 1000).toUTCString() : `${seconds} seconds`;
  const kind = limit.limit ?? 'account-requests-per-sec';
  return `Domain ${domain} is not allowed to send: ${kind} limit exceeded, try again after ${after}`;
}

/** The answer of a proxy instead of Mailgun. */
export const page = (status: number, title: string): HttpAnswer => ({
  status,
  type: 'text/html',
  text: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
});
