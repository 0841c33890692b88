import type { OutboundMessageRow } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';

/** What is to be written to an outbound message. */
export type MessageChange = Partial<Omit<OutboundMessageRow, 'outbound'>> & { outbound?: Partial<Outbound> };

/** The change for `$set`: what is not named in `outbound` stays. */
export function asSet({ outbound = {}, ...more }: MessageChange): Record<string, unknown> {
  const below = Object.entries(outbound).map(([key, value]): [string, unknown] => [`outbound.${key}`, value]);
  return { ...more, ...Object.fromEntries(below) };
}
