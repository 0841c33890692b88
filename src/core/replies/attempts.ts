import { normaliseAddress } from '../../mail/addresses.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';

/** Those of To, Cc and Bcc who do not have it yet, normalised: a retry after a bounce goes to nobody a second time. */
export function recipientsLeft(
  { to, cc }: Pick<MessageRow, 'to' | 'cc'>,
  { bcc, deliveries }: Pick<Outbound, 'bcc' | 'deliveries'>,
): string[] {
  const has = new Set(deliveries.filter(({ state }) => state !== 'failed').map(({ recipient }) => recipient));
  const all = [...to, ...cc, ...bcc].map(({ email }) => normaliseAddress(email) ?? email);
  return [...new Set(all)].filter((recipient) => !has.has(recipient));
}

/**
 * The last call was made by the run that owns the message now; an earlier run's is one that a person has decided about.
 * By number, because clocks differ.
 */
export const isCalledByThisRun = ({ attempt, attempts_before }: Outbound): boolean =>
  attempt > attempts_before;
