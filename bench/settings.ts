/** Sizes of the long parts. A small one, by the environment, tries a part out. */

/** Of the workspace of `many-messages`. */
export const MESSAGES = sizeFrom('MESSAGES', 1_000_000);
/** That `many-mails` receives. */
export const MAILS = sizeFrom('MAILS', 10_000);
/** How long MongoDB is away in `outage` (s). */
export const AWAY_S = sizeFrom('AWAY_S', 600);

function sizeFrom(name: string, usual: number): number {
  const size = Number(process.env[name] ?? usual);
  if (!(size > 0)) throw new Error(`${name} must be a number above 0`);
  return size;
}
