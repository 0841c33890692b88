import type { DomainRow } from '../../infra/models/index.ts';
import { PROVE_WITHIN_MS } from './claims.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/time.ts';

/** A look waits for this part of the time that has passed: seen soon when DNS is changed at once, and few looks in two weeks. */
const PART_OF_AGE = 1 / 8;

/**
 * How long until the next look, where nobody asks for one.
 * @param retryAfterMs of a provider that could not be asked; null where it could, or did not say.
 */
export function msToNextLook(row: DomainRow, now: Date, retryAfterMs: number | null): number {
  const due = dueMs(row, now);
  return retryAfterMs === null ? due : Math.min(due, Math.max(retryAfterMs, MINUTE_MS));
}

function dueMs(row: DomainRow, now: Date): number {
  const left = (until: Date) => Math.max(until.getTime() - now.getTime(), MINUTE_MS);
  switch (row.state) {
    case 'failing':
      return row.grace_until ? Math.min(HOUR_MS, left(row.grace_until)) : HOUR_MS;
    case 'broken':
      return 2 * HOUR_MS;
    case 'pending':
    case 'verified': {
      const begunAt = row.expires_at.getTime() - PROVE_WITHIN_MS;
      const isAllThere = row.sending && row.receiving && row.mx_gone_at === null;
      if (isAllThere || (row.owned_at && now >= row.expires_at)) return DAY_MS;
      const ms = Math.min(Math.max((now.getTime() - begunAt) * PART_OF_AGE, MINUTE_MS), 2 * HOUR_MS);
      // It ends when it is to end, not hours later.
      return now < row.expires_at ? Math.min(ms, left(row.expires_at)) : ms;
    }
    case 'expired':
    case 'lost':
      return DAY_MS;
  }
}
