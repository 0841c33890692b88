import { z } from 'zod';
import type { SendResult } from '../outbound.ts';
import { type MailgunAnswer, NoAnswer } from './call.ts';
import { answerText, retryAfterMsIn } from './answerText.ts';
import { withDetail } from './shownLine.ts';

const Accepted = z.object({ id: z.string().min(1) });

/**
 * The meaning of an answer. `refused` is final, and only for errors in this very mail. Errors of the key, the
 * account, the domain or the network can be solved by an operator: such a mail is `not sent`, and retried for
 * two days, while its reason is shown.
 * @param now milliseconds, for waits that are given as a date.
 */
export function resultOf({ status, body }: MailgunAnswer, now: number): SendResult {
  const message = answerText(body);
  const code = `Http${status}`;
  if (status >= 200 && status < 300) {
    // Without an id something else answered, or the answer is incomplete.
    return Accepted.safeParse(body).success
      ? { result: 'accepted' }
      : unclear('NoId', 'something else than Mailgun answered');
  }
  // Mails have been delivered after a 500, and a 303 may follow a request that succeeded.
  if (status >= 500 || status === 303)
    return unclear(code, `Mailgun had a fault of its own (HTTP ${status})`);
  switch (status) {
    case 400:
      if (isAboutAccount(message)) return notSent(code, withDetail('Mailgun does not send for us', message));
      // Mailgun always gives a reason: without one something else refused it.
      return message === ''
        ? notSent(code, 'it did not get through to Mailgun (HTTP 400)')
        : refused(code, message);
    case 413:
      return refused(code, message || 'it is too large');
    case 401:
      return notSent(code, 'Mailgun does not accept the API key, or the account does not have this domain');
    case 402:
    case 403:
      return notSent(code, withDetail('Mailgun does not send for us', message));
    case 404:
      return notSent(code, withDetail('Mailgun does not know the domain that it is sent from', message));
    case 429: {
      const reason = withDetail('more was sent than Mailgun allows at a time', message);
      return notSent(code, reason, retryAfterMsIn(body, now));
    }
    default:
      return notSent(code, withDetail(`it did not get through to Mailgun (HTTP ${status})`, message));
  }
}

/** The meaning of a call without an answer. @param error of the call. */
export function resultOfError(error: unknown): SendResult {
  if (!(error instanceof NoAnswer)) return unclear('Unknown', 'the call of Mailgun broke off');
  if (error.code === 'WrongUrl') return notSent(error.code, 'no mail is taken at MAILGUN_URL');
  if (error.reachedNoServer) return notSent(error.code, `Mailgun could not be reached (${error.code})`);
  return unclear(error.code, 'the connection to Mailgun broke off before it answered');
}

/** Sandbox domains, free accounts, domains that are switched off: documented as a 400, seen as a 403. */
const isAboutAccount = (message: string): boolean => /is not allowed to send/i.test(message);

function refused(code: string, message: string): SendResult {
  return { result: 'refused', code, reason: `Mailgun refused the mail: ${message}` };
}

export function notSent(code: string, reason: string, retryAfterMs: number | null = null): SendResult {
  return { result: 'not sent', code, reason, retryAfterMs };
}

function unclear(code: string, cause: string): SendResult {
  return { result: 'unclear', code, reason: `${cause}, so it is not clear whether Mailgun took the mail` };
}
