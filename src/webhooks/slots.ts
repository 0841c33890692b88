/** How many posts to one endpoint are under way at once, in this process. */
export interface Slots {
  /** @returns what frees it again, or null when all are taken */
  take(endpoint: string, atOnce: number): (() => void) | null;
}

export function createSlots(): Slots {
  const taken = new Map<string, number>();
  return {
    take(endpoint, atOnce) {
      const now = taken.get(endpoint) ?? 0;
      if (now >= atOnce) return null;
      taken.set(endpoint, now + 1);
      return () => {
        const left = (taken.get(endpoint) ?? 1) - 1;
        if (left === 0) taken.delete(endpoint);
        else taken.set(endpoint, left);
      };
    },
  };
}
