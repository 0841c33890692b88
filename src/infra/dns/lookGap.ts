/** Between two looks at the same records (ms): a client that asks in a loop makes no flood of them. */
const GAP_MS = 5_000;
/** Whoever asked so long ago may not have been heard (ms). */
const UNHEARD_MS = 60_000;

/** @returns when a look that is asked for now is due; null = one that was asked for is still to come. */
export function nextLookAt(checkedAt: Date | null, wantedAt: Date | null, now = Date.now()): Date | null {
  if (wantedAt && wantedAt.getTime() > now - UNHEARD_MS) return null;
  return new Date(Math.max(now, (checkedAt?.getTime() ?? 0) + GAP_MS));
}
