import type { Config } from '../../infra/config.ts';
import type { OutboundMessageRow } from '../../infra/models/index.ts';
import type { FoundEvents, OutboundProvider } from '../../infra/providers/outbound.ts';
import { MINUTE_MS } from '../../lib/time.ts';

export interface AskDeps {
  outbound: Pick<OutboundProvider, 'findEvents'>;
  replies: Pick<Config['replies'], 'eventsKeptMs'>;
}

/** Allowance for clocks that differ. */
const SLACK_MS = 5 * MINUTE_MS;

/** The provider's events of this message, from the first call on that its run made, or may have made. */
export function askProvider({ outbound, replies }: AskDeps, row: OutboundMessageRow): Promise<FoundEvents> {
  const { attempt_at, trying_since, maybe_sent } = row.outbound;
  const known = [attempt_at, trying_since].map((at) => at ?? row.created_at);
  const calls = [...known, ...(maybe_sent ? [maybe_sent.since] : [])].map((at) => at.getTime());
  const since = Math.max(Math.min(...calls) - SLACK_MS, Date.now() - replies.eventsKeptMs);
  return outbound.findEvents({
    messageId: row.message_id,
    from: row.from.email,
    since: new Date(since),
  });
}
