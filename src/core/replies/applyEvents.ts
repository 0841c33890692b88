import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { DeliveryRow } from '../../infra/models/outbound.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';
import { threadsOf } from '../threads/threads.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { isCalledByThisRun, recipientsLeft } from './attempts.ts';
import { asSet, type MessageChange } from './change.ts';
import { isSettled, withEvents, worstOf, type DeliveryFact } from './recipientStates.ts';

/** What of an outbound message its delivery needs. */
export type SentMessage = Pick<
  OutboundMessageRow,
  '_id' | 'workspace_id' | 'thread_kind' | 'thread_id' | 'state' | 'to' | 'cc' | 'outbound'
>;
const SENT_FIELDS = {
  workspace_id: 1,
  thread_kind: 1,
  thread_id: 1,
  state: 1,
  to: 1,
  cc: 1,
  outbound: 1,
} as const;

/** An event of the provider, or what a bounce says that came as a mail. */
type ReportedEvent = Omit<DeliveryEvent, 'id' | 'messageId'> & Pick<DeliveryFact, 'foreign'>;

/** The run of the message, and whether it waits for what the events say. */
export interface Applied {
  run: number;
  wakes: boolean;
}

/**
 * Writes delivery events to their message. Idempotent, safe to call concurrently, in any order, and long
 * after the message's run has ended: an event settles a message that was `sending`, `unconfirmed` or `failed`
 * whenever it comes. A permanent failure reopens the ticket or conversation.
 * @returns null when there is no such message, or the provider was never called for it.
 */
export async function applyEvents(
  models: Models,
  id: string,
  events: ReportedEvent[],
): Promise<Applied | null> {
  for (;;) {
    const message = await models.Message.findOne(
      { _id: id, direction: 'outbound' },
      SENT_FIELDS,
    ).lean<SentMessage>();
    if (!message) return null;
    const { run, changes, attempt, maybe_sent } = message.outbound;
    if (attempt === 0 && !maybe_sent) return null;
    const facts = factsOf(message, events);
    const deliveries = withEvents(message.outbound.deliveries, facts);
    if (!deliveries) return { run, wakes: isSettled(message.outbound.deliveries) };
    const newFailures = deliveries.filter(
      (row) => row.state === 'failed' && !message.outbound.deliveries.includes(row),
    );
    for (const failed of newFailures) await reopenThread(models, message, failed.at);
    const isDecided = settles(message, deliveries, facts);
    const change: MessageChange = isDecided ? settledBy(deliveries) : { outbound: { deliveries } };
    if (isDecided && maybe_sent) change.outbound = { ...change.outbound, maybe_sent: null };
    const { modifiedCount } = await models.Message.updateOne(
      { _id: id, workspace_id: message.workspace_id, 'outbound.changes': changes },
      { $set: asSet(change), $inc: { 'outbound.changes': 1 } },
    );
    if (modifiedCount === 1 && change.state !== message.state) countReply(change.state);
    if (modifiedCount === 1) return { run, wakes: (isDecided && isOpen(message)) || isSettled(deliveries) };
  }
}

/**
 * Each event with its attempt. The provider accepts or refuses a call as a whole: an event for one recipient
 * of the call shows that it was accepted for all of them, and none of them may get the message again.
 */
function factsOf(message: SentMessage, events: ReportedEvent[]): DeliveryFact[] {
  const { attempt, deliveries, unclear, maybe_sent } = message.outbound;
  // Of a call that the row does not know it knows no recipients either.
  const attempt_to = maybe_sent ? recipientsLeft(message, message.outbound) : message.outbound.attempt_to;
  // A bounce that comes as a mail names no attempt: it is about one that is known to have gone out, if any
  // is.
  const latest = unclear ? Math.max(0, ...deliveries.map((row) => row.attempt)) || attempt : attempt;
  // One that is not proved must not seem to be about a later attempt than what the provider says.
  const known = ({ foreign, recipient }: ReportedEvent) =>
    foreign ? deliveries.find((row) => row.recipient === recipient)?.attempt : undefined;
  const facts = events.map((event): DeliveryFact => ({
    ...event,
    attempt: Math.min(event.message?.attempt ?? known(event) ?? latest, attempt),
  }));
  const first = facts.find((event) => event.attempt === attempt);
  const others = first
    ? attempt_to.filter(
        (recipient) => !deliveries.some((row) => row.recipient === recipient && row.attempt === attempt),
      )
    : [];
  const accepted = others.map((recipient): DeliveryFact => ({
    kind: 'accepted',
    recipient,
    at: first!.at,
    reason: null,
    attempt,
  }));
  return [...accepted, ...facts];
}

const isOpen = ({ state }: SentMessage): boolean => ['queued', 'scheduled', 'sending'].includes(state);

/**
 * Whether the events decide the message's state. While a later run is about to try again, an event of an
 * earlier attempt decides nothing, unless every recipient has the message.
 */
function settles(message: SentMessage, deliveries: DeliveryRow[], facts: DeliveryFact[]): boolean {
  if (!isOpen(message)) return true;
  const { attempt, bcc, maybe_sent } = message.outbound;
  if (recipientsLeft(message, { bcc, deliveries }).length === 0) return true;
  const unclear = message.outbound.unclear || !!maybe_sent;
  const isUnderWay = message.state === 'sending' && isCalledByThisRun(message.outbound);
  return (unclear || isUnderWay) && facts.some((event) => event.attempt === attempt);
}

/** The change that takes state and reason from the deliveries. */
export function settledBy(deliveries: DeliveryRow[]): MessageChange {
  const { state, reason, at } = worstOf(deliveries);
  return { state, outbound: { deliveries, reason, state_at: at, is_open: false, unclear: false } };
}

/** @param at when it failed: a thread that was closed later stays closed */
export async function reopenThread(models: Models, message: SentMessage, at: Date): Promise<void> {
  const { thread_kind, thread_id, workspace_id } = message;
  await threadsOf(models, thread_kind).updateOne(
    { _id: thread_id, workspace_id, status: 'closed', closed_at: { $lt: at } },
    {
      $set: { status: 'open', closed_at: null, reopened_by: null, updated_at: new Date() },
      $inc: { changes: 1 },
    },
  );
}
