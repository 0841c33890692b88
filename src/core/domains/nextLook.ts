import type { DomainRow } from '../../infra/models/index.ts';
import { PROVE_WITHIN_MS } from './domainClaims.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/time.ts';

/**
 * The wait before a look is this part of the claim's age: a customer who publishes the records at once sees
 * the result soon, and two weeks of waiting cost few looks.
 */
const PART_OF_AGE = 1 / 8;

/**
 * Time until the next regular look (ms); a look that a user asks for comes sooner.
 * @param retryAfterMs the wait that an unavailable provider asks for; null when it answered, or named no
 * wait.
 */
export function msToNextLook(row: DomainRow, now: Date, retryAfterMs: number | null): number {
  const due = dueMs(row, now);
  return retryAfterMs === null ? due : Math.min(due, Math.max(retryAfterMs, MINUTE_MS));
}

function dueMs(row: DomainRow, now: Date): number {
  const msUntil = (time: Date) => Math.max(time.getTime() - now.getTime(), MINUTE_MS);
  switch (row.state) {
    case 'failing':
      return row.grace_until ? Math.min(HOUR_MS, msUntil(row.grace_until)) : HOUR_MS;
    case 'broken':
      return 2 * HOUR_MS;
    case 'pending':
    case 'verified': {
      const begunAt = row.expires_at.getTime() - PROVE_WITHIN_MS;
      const isComplete = row.sending && row.receiving && row.mx_gone_at === null;
      if (isComplete || (row.owned_at && now >= row.expires_at)) return DAY_MS;
      const ms = Math.min(Math.max((now.getTime() - begunAt) * PART_OF_AGE, MINUTE_MS), 2 * HOUR_MS);
      // A claim must expire on time, not hours later.
      return now < row.expires_at ? Math.min(ms, msUntil(row.expires_at)) : ms;
    }
    case 'expired':
    case 'lost':
      return DAY_MS;
  }
}
