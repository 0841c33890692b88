import { z } from 'zod';
import type { Config } from '../../config.ts';
import { ProviderAway, ProviderRefused } from '../setup.ts';
import { type MailgunAnswer, call, NoAnswer } from './call.ts';
import { answerText, retryAfterMsIn } from './answerText.ts';
import { shownLine } from './shownLine.ts';

/** Mailgun's answer that something was or will be deleted; a proxy's page does not match. */
export const Deleted = z.object({
  message: z.string().refine((message) => /\bdeleted\b/i.test(shownLine(message))),
});

/** A call about the account's domains, routes or webhooks. @throws ProviderAway, ProviderRefused */
export async function ask(
  config: Config['mailgun'],
  use: Parameters<typeof call>[1],
): Promise<MailgunAnswer> {
  if (config.apiKey === '')
    throw new ProviderRefused('NoApiKey', 'no API key for Mailgun is set (MAILGUN_API_KEY)');
  try {
    return await call(config, use);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    if (error.code === 'WrongUrl')
      throw new ProviderRefused(
        error.code,
        'MAILGUN_URL is not the base of the API: it is https://api.mailgun.net, ' +
          'or https://api.eu.mailgun.net',
      );
    throw new ProviderAway(error.code);
  }
}

/** The content of a successful answer. @throws ProviderAway, ProviderRefused */
export function read<T>(answer: MailgunAnswer, shape: z.ZodType<T>): T {
  if (answer.status < 200 || answer.status >= 300) throw faultOf(answer, Date.now());
  const parsed = shape.safeParse(answer.body);
  // A page of a proxy, or half an answer.
  if (!parsed.success) throw new ProviderAway('NotMailgun');
  return parsed.data;
}

/**
 * Whether Mailgun itself says that the account does not have the domain or route. Its own words are required:
 * the text of a proxy's 404 also has the form of Mailgun's JSON here, and must not make us give up a domain
 * that exists.
 */
export const isMissing = ({ status, body }: MailgunAnswer, what: 'domain' | 'route'): boolean =>
  status === 404 && new RegExp(`^${what}\\b.*\\bnot found`, 'i').test(answerText(body));

/** Statuses from 400 to 499 that are temporary. */
const TEMPORARY = new Set([404, 408, 425]);

function faultOf(answer: MailgunAnswer, now: number): ProviderAway | ProviderRefused {
  const { status, body } = answer;
  const code = `Http${status}`;
  const said = answerText(body);
  if (status === 429) return new ProviderAway(code, retryAfterMsIn(body, now));
  if (isMissing(answer, 'domain')) return new ProviderRefused(code, `Mailgun refused: ${said}`);
  // Mailgun gives a reason as text; proxies answer with a page, or with nothing.
  if (status < 400 || status >= 500 || TEMPORARY.has(status) || said === '') return new ProviderAway(code);
  return status === 401
    ? new ProviderRefused(code, `Mailgun does not accept the API key (MAILGUN_API_KEY) for this: ${said}`)
    : new ProviderRefused(code, `Mailgun refused: ${said}`);
}
