/** How many times its full size a soak has (`npm run soak`: SOAK=1); 0 in `npm test`. */
export const SOAK = Number(process.env.SOAK ?? 0);

/** How much a random test does: a tenth of its full size, and in a soak all of it, or SOAK times that. */
export const sized = (full: number): number => Math.ceil(SOAK > 0 ? full * SOAK : full / 10);
