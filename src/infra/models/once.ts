/** Whether a write failed because of a unique index (E11000): another one was first. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 11000;
}

/**
 * Runs an upsert, and once more after E11000: of two concurrent upserts MongoDB may refuse the second, which
 * finds the first one's row when it is repeated.
 */
export function once<T>(upsert: () => Promise<T>): Promise<T> {
  return upsert().catch((error: unknown) => {
    if (isDuplicateKey(error)) return upsert();
    throw error;
  });
}
