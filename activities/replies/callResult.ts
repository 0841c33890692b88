import { applyEvents, reopenThread } from '../../src/core/replies/applyEvents.ts';
import type { MessageChange } from '../../src/core/replies/change.ts';
import type { SendResult } from '../../src/infra/providers/outbound.ts';
import type { ReplyRun } from '../../src/infra/temporal/runTypes.ts';
import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { Deps } from '../deps.ts';
import { Superseded } from '../errors.ts';
import { changeReply, over } from './messageRow.ts';
import { withJitter } from '../../src/lib/backOff.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

/**
 * Result of an attempt. Codes are for operators, and hold no foreign text; the reason for agents is on the
 * message.
 */
export type Delivered =
  | { verdict: 'sent' }
  /** @property action what became of the message, if it has not failed. */
  | { verdict: 'failed'; code: string; action?: 'cancelled' }
  /** It is certain that it was not sent; try again after `ms`. */
  | { verdict: 'not sent'; code: string; ms: number }
  | { verdict: 'unclear'; code: string };

/** Longest wait between two tries. */
const LONGEST_WAIT_MS = HOUR_MS;
/** How long this process keeps trying to write a result that no other process knows. */
const PERSIST_MS = 60_000;
const RETRY_MS = 1_000;

interface Attempt {
  reply: ReplyRun;
  attempt: number;
}

/** Writes the result of a call to the message, unless an event has settled it meanwhile. */
export async function writeResult(
  deps: Deps,
  { reply, attempt, recipients }: Attempt & { recipients: string[] },
  sent: SendResult,
): Promise<Delivered> {
  switch (sent.result) {
    case 'accepted': {
      const at = new Date();
      const message = { id: reply.id, attempt };
      const events = recipients.map((recipient) => ({
        kind: 'accepted' as const,
        recipient,
        at,
        reason: null,
        message,
      }));
      await applyEvents(deps.models, reply.id, events);
      return { verdict: 'sent' };
    }
    case 'refused': {
      const { state } = await note(deps, { reply, attempt }, () => over('failed', sent.reason));
      return state === 'failed' ? { verdict: 'failed', code: sent.code } : { verdict: 'sent' };
    }
    case 'unclear': {
      const { state } = await note(deps, { reply, attempt }, () => ({ outbound: { reason: sent.reason } }));
      return state === 'sending' ? { verdict: 'unclear', code: sent.code } : { verdict: 'sent' };
    }
    case 'not sent':
      return later(deps, { reply, attempt }, sent);
  }
}

/** After a call that certainly sent nothing: it is tried again until the time is over. */
export async function later(
  deps: Deps,
  { reply, attempt }: Attempt,
  { code, reason, retryAfterMs }: { code: string; reason: string; retryAfterMs: number | null },
): Promise<Delivered> {
  const ms = retryAfterMs ?? Math.min(deps.replies.retryMs * 2 ** Math.min(attempt - 1, 20), LONGEST_WAIT_MS);
  const { state } = await note(deps, { reply, attempt }, (row) =>
    isOverdue(deps, row, ms)
      ? over('failed', givenUp(reason, row))
      : { outbound: { reason, unclear: false } },
  );
  if (state === 'failed') return { verdict: 'failed', code };
  // Its thread was deleted just after the call had certainly failed.
  if (state === 'cancelled') return { verdict: 'failed', code: 'Cancelled', action: 'cancelled' };
  if (state !== 'sending') return { verdict: 'sent' };
  // Jitter: replies that failed together must not be tried again in the same second.
  return { verdict: 'not sent', code, ms: Math.round(ms * (1 + Math.random() / 2)) };
}

/** A message that has failed opens its thread again, which may have been closed with it. */
async function note(
  deps: Deps,
  { reply, attempt }: Attempt,
  change: (row: OutboundMessageRow) => MessageChange,
): Promise<OutboundMessageRow> {
  const row = await changeReply(deps, reply, (read) =>
    read.state === 'sending' && read.outbound.attempt <= attempt ? change(read) : null,
  );
  if (row.state === 'failed') await reopenThread(deps.models, row, row.outbound.state_at);
  return row;
}

const triedMs = ({ outbound }: OutboundMessageRow): number =>
  Date.now() - (outbound.trying_since ?? new Date()).getTime();

/** @param waitMs until the next try. */
export const isOverdue = ({ replies }: Deps, row: OutboundMessageRow, waitMs: number): boolean =>
  triedMs(row) + waitMs > replies.giveUpMs;

export function givenUp(reason: string | null, row: OutboundMessageRow): string {
  const hours = Math.round(triedMs(row) / HOUR_MS);
  const words = hours >= 1 ? `${hours} hours` : `${Math.round(triedMs(row) / 1000)} seconds`;
  return `${reason ?? 'it could not be sent'}; Postroom tried for ${words}, retry it to go on`;
}

/** Retries a write until the database is back: finding out the result again would take minutes. */
export async function persistently<T>(write: () => Promise<T>): Promise<T> {
  const end = Date.now() + PERSIST_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof Superseded || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, withJitter(RETRY_MS)));
    }
  }
}
