import { createSetUp } from '../../../src/infra/providers/index.ts';
import { ProviderAway, ProviderRefused, type ProviderSetUp } from '../../../src/infra/providers/setup.ts';

export const PUBLIC_URL = 'https://desk.example.test';

export const setUpAt = (url: string, change: { apiKey?: string; timeoutMs?: number } = {}): ProviderSetUp =>
  createSetUp({
    mailgun: { apiKey: 'k', signingKey: '', url, signatureHours: 12, timeoutMs: 20_000, ...change },
  });

/** How a call failed, as its caller can tell. @throws when it did not, or with an unexpected error */
export async function faultOf(
  call: Promise<unknown>,
): Promise<{ away: string; retryAfterMs: number | null } | { refused: string; reason: string }> {
  const result = await call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in result) throw new Error(`the call succeeded: ${JSON.stringify(result.value)}`);
  const { error } = result;
  if (error instanceof ProviderAway) return { away: error.code, retryAfterMs: error.retryAfterMs };
  if (error instanceof ProviderRefused) return { refused: error.code, reason: error.reason };
  throw error;
}

/**
 * How long a call that meets this fault may take (ms): as long as any call when its end is visible, and else long
 * enough for a busy machine to take it in.
 */
export const patience = (answer: string): number | undefined => (answer.endsWith('hang') ? 3_000 : undefined);
