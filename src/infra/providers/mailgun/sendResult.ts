import { z } from 'zod';
import type { SendResult } from '../outbound.ts';
import { type MailgunAnswer, NoAnswer } from './call.ts';
import { saidIn, waitMs } from './said.ts';
import { withSaid } from './words.ts';

const Taken = z.object({ id: z.string().min(1) });

/**
 * What an answer means. Refused, for good, is what is wrong with this very mail. What is wrong with the key, the account, the domain
 * or the network an operator mends, and then everything that waited goes out by itself: it is tried again (for two days, then it has
 * failed), with the reason to be seen meanwhile.
 * @param now milliseconds, for waits that are told as a date.
 */
export function resultOf({ status, body }: MailgunAnswer, now: number): SendResult {
  const said = saidIn(body);
  const code = `Http${status}`;
  if (status >= 200 && status < 300) {
    // Something answered in Mailgun's place, or in part.
    return Taken.safeParse(body).success
      ? { result: 'accepted' }
      : unclear('NoId', 'something else than Mailgun answered');
  }
  // People have had mails delivered after a 500. A 303 is what some answer after the deed.
  if (status >= 500 || status === 303)
    return unclear(code, `Mailgun had a fault of its own (HTTP ${status})`);
  switch (status) {
    case 400:
      if (isAboutAccount(said)) return notSent(code, withSaid('Mailgun does not send for us', said));
      // Without a word it is not Mailgun that refused it.
      return said === ''
        ? notSent(code, 'it did not get through to Mailgun (HTTP 400)')
        : refused(code, said);
    case 413:
      return refused(code, said || 'it is too large');
    case 401:
      return notSent(code, 'Mailgun does not accept the API key, or the account does not have this domain');
    case 402:
    case 403:
      return notSent(code, withSaid('Mailgun does not send for us', said));
    case 404:
      return notSent(code, withSaid('Mailgun does not know the domain that it is sent from', said));
    case 429: {
      const reason = withSaid('more was sent than Mailgun allows at a time', said);
      return notSent(code, reason, waitMs(body, now));
    }
    default:
      return notSent(code, withSaid(`it did not get through to Mailgun (HTTP ${status})`, said));
  }
}

/** The same without an answer. @param error of the call. */
export function resultOfError(error: unknown): SendResult {
  if (!(error instanceof NoAnswer)) return unclear('Unknown', 'the call of Mailgun broke off');
  if (error.code === 'WrongUrl') return notSent(error.code, 'no mail is taken at MAILGUN_URL');
  if (error.reachedNobody) return notSent(error.code, `Mailgun could not be reached (${error.code})`);
  return unclear(error.code, 'the connection to Mailgun broke off before it answered');
}

/** Documented as a 400, recorded as a 403: sandbox domains, free accounts, domains that are switched off. */
const isAboutAccount = (said: string): boolean => /is not allowed to send/i.test(said);

function refused(code: string, said: string): SendResult {
  return { result: 'refused', code, reason: `Mailgun refused the mail: ${said}` };
}

export function notSent(code: string, reason: string, retryAfterMs: number | null = null): SendResult {
  return { result: 'not sent', code, reason, retryAfterMs };
}

function unclear(code: string, why: string): SendResult {
  return { result: 'unclear', code, reason: `${why}, so it is not clear whether Mailgun took the mail` };
}
