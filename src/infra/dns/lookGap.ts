/**
 * Least time between two looks at the same records (ms), so that a client that asks in a loop does not flood
 * DNS.
 */
const GAP_MS = 5_000;
/** A request without a look after this time (ms) may have been lost: the next request counts again. */
const LOST_AFTER_MS = 60_000;

/** @returns when a look that is requested now is due; null = an earlier request is still pending. */
export function nextLookAt(checkedAt: Date | null, wantedAt: Date | null, now = Date.now()): Date | null {
  if (wantedAt && wantedAt.getTime() > now - LOST_AFTER_MS) return null;
  return new Date(Math.max(now, (checkedAt?.getTime() ?? 0) + GAP_MS));
}
