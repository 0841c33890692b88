import type { Config } from '../../config.ts';

/** The local Mailgun answers at once; longer means that it is away (ms). */
const TIMEOUT_MS = 5_000;

/** Lets the local Mailgun of `npm start` receive a mail. Resolves to whether it did; never rejects. */
export const createDemoMail =
  ({ url }: Pick<Config['mailgun'], 'url'>) =>
  async (mail: { from: string; to: string; subject: string; text: string }): Promise<boolean> => {
    const answer = await fetch(new URL('/sandbox/receive', url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(mail),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => null);
    return answer?.ok ?? false;
  };
