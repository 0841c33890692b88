/** A unique index said no: somebody else was first. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 11000;
}

/** An upsert by two at once: the second may be refused as a duplicate, and finds the first one's row when it asks again. */
export function once<T>(upsert: () => Promise<T>): Promise<T> {
  return upsert().catch((error: unknown) => {
    if (isDuplicateKey(error)) return upsert();
    throw error;
  });
}
