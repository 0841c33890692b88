import { normaliseAddress } from '../../mail/addresses.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';

/**
 * Recipients who do not have the message yet, normalised: a retry after a bounce must send it to nobody
 * twice.
 */
export function recipientsLeft(
  { to, cc }: Pick<MessageRow, 'to' | 'cc'>,
  { bcc, deliveries }: Pick<Outbound, 'bcc' | 'deliveries'>,
): string[] {
  const has = new Set(deliveries.filter(({ state }) => state !== 'failed').map(({ recipient }) => recipient));
  const all = [...to, ...cc, ...bcc].map(({ email }) => normaliseAddress(email) ?? email);
  return [...new Set(all)].filter((recipient) => !has.has(recipient));
}

/**
 * Whether the last call was made by the run that owns the message now. If it was made by an earlier run, a
 * person has decided since to try again. Compared by number, because clocks differ.
 */
export const isCalledByThisRun = ({ attempt, attempts_before }: Outbound): boolean =>
  attempt > attempts_before;
