import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { normaliseAddress } from '../../src/email/addresses.ts';
import { MAX_COMPOSED_BYTES, withComposed } from '../../src/replies/compose.ts';
import { applyEvents } from '../../src/replies/applyEvents.ts';
import type { SendResult } from '../../src/providers/outbound.ts';
import type { ReplyRun } from '../../workflows/types.ts';
import type { Deps } from '../deps.ts';
import { closeReply, readReply, writeReply, type ReplyRow } from './row.ts';

export type Delivered =
  | { verdict: 'sent' }
  | { verdict: 'failed'; reason: string }
  /** Certain; to be tried again after `ms`. */
  | { verdict: 'not sent'; code: string; ms: number }
  | { verdict: 'unclear'; code: string };

/** Longest wait between two tries. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/**
 * One call to the provider. The row's attempt is raised before it: whoever comes with the same number later (a second try of
 * this activity, because a worker died) makes no call, and says that it is unclear.
 */
export async function deliverReply(deps: Deps, reply: ReplyRun, attempt: number): Promise<Delivered> {
  const row = await readReply(deps, reply);
  if (['sent', 'delivered', 'delayed', 'complained'].includes(row.state)) return { verdict: 'sent' };
  if (row.state === 'failed') return { verdict: 'failed', reason: row.outbound.reason ?? 'failed' };
  if (row.outbound.attempt >= attempt) return { verdict: 'unclear', code: 'BegunBefore' };

  const alive = setInterval(() => heartbeat(), 2_000);
  try {
    return await withComposed(deps, row, async (mimeFile, size) => {
      if (size > MAX_COMPOSED_BYTES)
        return fail(
          deps,
          reply,
          `the mail is ${size} bytes, and ${MAX_COMPOSED_BYTES} are the most that can be sent`,
        );
      const isMine = await writeReply(deps, row, 'sending', {
        attempt,
        attempt_at: new Date(),
        unclear: true,
      });
      // A try beside this one, or an event that came just now: the next look at the row tells.
      if (!isMine) return { verdict: 'unclear', code: 'BegunBeside' };
      const mail = {
        id: row._id,
        attempt,
        messageId: row.message_id as string,
        from: row.from.email,
        recipients: recipientsOf(row),
        mimeFile,
        size,
      };
      return settle(
        deps,
        reply,
        attempt,
        mail.recipients,
        await deps.outbound.send(mail, cancellationSignal()),
      );
    });
  } finally {
    clearInterval(alive);
  }
}

/** Those who do not have it yet: a retry after a bounce goes to nobody a second time. */
function recipientsOf(row: ReplyRow): string[] {
  const has = new Set(
    row.outbound.deliveries.filter(({ state }) => state !== 'failed').map(({ recipient }) => recipient),
  );
  const all = [...row.to, ...row.cc, ...row.outbound.bcc].map(
    ({ email }) => normaliseAddress(email) ?? email,
  );
  return [...new Set(all)].filter((recipient) => !has.has(recipient));
}

async function settle(
  deps: Deps,
  reply: ReplyRun,
  attempt: number,
  recipients: string[],
  sent: SendResult,
): Promise<Delivered> {
  switch (sent.result) {
    case 'accepted': {
      const at = new Date();
      const told = recipients.map((recipient) => ({
        kind: 'accepted' as const,
        recipient,
        at,
        reason: null,
        message: { id: reply.id, attempt },
      }));
      await persistently(() => applyEvents(deps.models, reply.id, told));
      return { verdict: 'sent' };
    }
    case 'refused':
      return fail(deps, reply, sent.reason);
    case 'unclear':
      return { verdict: 'unclear', code: sent.code };
    case 'not sent': {
      const row = await readReply(deps, reply);
      const tryingMs = Date.now() - (row.outbound.trying_since ?? new Date()).getTime();
      const ms =
        sent.retryAfterMs ?? Math.min(deps.replies.retryMs * 2 ** Math.min(attempt - 1, 20), LONGEST_WAIT_MS);
      if (tryingMs + ms > deps.replies.giveUpMs)
        return fail(deps, reply, `${sent.reason}; it was tried for ${inWords(tryingMs)}`);
      await writeReply(deps, row, 'sending', { reason: sent.reason, unclear: false });
      return { verdict: 'not sent', code: sent.code, ms };
    }
  }
}

/** What only this process knows, and would cost minutes to find out again: written as soon as the database is back. */
async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (tries === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function fail(deps: Deps, reply: ReplyRun, reason: string): Promise<Delivered> {
  await closeReply(deps, await readReply(deps, reply), 'failed', reason);
  return { verdict: 'failed', reason };
}

function inWords(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours >= 1 ? `${hours} hours` : `${Math.round(ms / 1000)} seconds`;
}
