const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** `842 kB` */
export function bytes(size: number): string {
  const step = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  const format = new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[step]!,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 ? 0 : 1,
  });
  return format.format(size / 1000 ** step);
}
