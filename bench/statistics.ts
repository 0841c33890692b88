/** The middle of some measurements, and how far they are apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** @param q 0 to 1; between two values it takes their weighted mean. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** The middle half of the values: for single times, whose extremes mean little. */
export function middleHalf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: quantile(values, 0.25), max: quantile(values, 0.75) };
}
