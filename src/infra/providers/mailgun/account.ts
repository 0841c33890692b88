import { z } from 'zod';
import type { Config } from '../../config.ts';
import { ProviderAway, ProviderRefused } from '../setup.ts';
import { type MailgunAnswer, call, NoAnswer } from './call.ts';
import { saidIn, waitMs } from './said.ts';
import { oneLine } from './words.ts';

/** What says only that something was deleted, or will be, and is no page of a proxy. */
export const Deleted = z.object({
  message: z.string().refine((message) => /\bdeleted\b/i.test(oneLine(message))),
});

/** One call about what the account has. @throws ProviderAway, ProviderRefused */
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
        'MAILGUN_URL is not the base of the API: it is https://api.mailgun.net, or https://api.eu.mailgun.net',
      );
    throw new ProviderAway(error.code);
  }
}

/** What a successful answer holds. @throws ProviderAway, ProviderRefused */
export function read<T>(answer: MailgunAnswer, shape: z.ZodType<T>): T {
  if (answer.status < 200 || answer.status >= 300) throw faultOf(answer, Date.now());
  const parsed = shape.safeParse(answer.body);
  // A page of a proxy, or half an answer.
  if (!parsed.success) throw new ProviderAway('NotMailgun');
  return parsed.data;
}

/**
 * Mailgun itself says that the account does not have it. Only its own words count: a proxy's 404, as text, reaches us in the form of
 * Mailgun's JSON, and would have us give up a domain that is there.
 */
export const isMissing = ({ status, body }: MailgunAnswer, what: 'domain' | 'route'): boolean =>
  status === 404 && new RegExp(`^${what}\\b.*\\bnot found`, 'i').test(saidIn(body));

/** What of the answers from 400 to 499 passes by itself. */
const PASSES = new Set([404, 408, 425]);

function faultOf(answer: MailgunAnswer, now: number): ProviderAway | ProviderRefused {
  const { status, body } = answer;
  const code = `Http${status}`;
  const said = saidIn(body);
  if (status === 429) return new ProviderAway(code, waitMs(body, now));
  if (isMissing(answer, 'domain')) return new ProviderRefused(code, `Mailgun refused: ${said}`);
  // Mailgun gives its reason in words; others answer with a page, or with nothing.
  if (status < 400 || status >= 500 || PASSES.has(status) || said === '') return new ProviderAway(code);
  return status === 401
    ? new ProviderRefused(code, `Mailgun does not accept the API key (MAILGUN_API_KEY) for this: ${said}`)
    : new ProviderRefused(code, `Mailgun refused: ${said}`);
}
