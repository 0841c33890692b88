import { ProviderRefused } from '../setup.ts';

/**
 * Works on each item in turn, and goes on after a refusal.
 * @throws the first refusal, at the end; other errors at once.
 */
export async function inTurn<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const refusals: ProviderRefused[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      refusals.push(error);
    }
  }
  if (refusals[0]) throw refusals[0];
}
