import type { OutboundMessageRow } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';

/** A change of an outbound message. */
export type MessageChange = Partial<Omit<OutboundMessageRow, 'outbound'>> & { outbound?: Partial<Outbound> };

/** The change for `$set`: fields of `outbound` that it does not name keep their values. */
export function asSet({ outbound = {}, ...more }: MessageChange): Record<string, unknown> {
  const nested = Object.entries(outbound).map(([key, value]): [string, unknown] => [
    `outbound.${key}`,
    value,
  ]);
  return { ...more, ...Object.fromEntries(nested) };
}
