import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { DeliveryRow } from '../../infra/models/outbound.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';
import { threadsOf } from '../threads/threads.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { isCalledByThisRun, recipientsLeft } from './attempts.ts';
import { asSet, type MessageChange } from './change.ts';
import { isSettled, withEvents, worstOf, type DeliveryFact } from './recipientStates.ts';

/** An outbound message as far as its way is concerned. */
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

/** The run of the message, and whether it waits for what was told. */
export interface Heard {
  run: number;
  wakes: boolean;
}

/**
 * Writes what is told of a message's recipients, in any order, any number of times, by any number at once, also long after
 * its run has ended. Found at any time, an event settles a message that was `sending`, `unconfirmed` or `failed`.
 * A permanent failure opens the ticket or conversation again.
 * @returns null when there is no such message, or nothing of it went out.
 */
export async function applyEvents(
  models: Models,
  id: string,
  events: Omit<DeliveryEvent, 'id' | 'messageId'>[],
): Promise<Heard | null> {
  for (;;) {
    const message = await models.Message.findOne(
      { _id: id, direction: 'outbound' },
      SENT_FIELDS,
    ).lean<SentMessage>();
    if (!message || message.outbound.attempt === 0) return null;
    const { run, changes } = message.outbound;
    const told = toldOf(message, events);
    const deliveries = withEvents(message.outbound.deliveries, told);
    if (!deliveries) return { run, wakes: isSettled(message.outbound.deliveries) };
    const failedNow = deliveries.filter(
      (row) => row.state === 'failed' && !message.outbound.deliveries.includes(row),
    );
    for (const failed of failedNow) await openAgain(models, message, failed.at);
    const isDecided = settles(message, deliveries, told);
    const change: MessageChange = isDecided ? settledBy(deliveries) : { outbound: { deliveries } };
    const { modifiedCount } = await models.Message.updateOne(
      { _id: id, 'outbound.changes': changes },
      { $set: asSet(change), $inc: { 'outbound.changes': 1 } },
    );
    if (modifiedCount === 1 && change.state !== message.state) countReply(change.state);
    if (modifiedCount === 1) return { run, wakes: (isDecided && isOpen(message)) || isSettled(deliveries) };
  }
}

/**
 * Each event with its attempt. A call is taken or refused as a whole: what is told of one of its recipients says that it was
 * taken for all of them, and none of them may get it again.
 */
function toldOf(
  { outbound }: SentMessage,
  events: Omit<DeliveryEvent, 'id' | 'messageId'>[],
): DeliveryFact[] {
  const { attempt, attempt_to, deliveries, unclear } = outbound;
  // A bounce that comes as a mail names no attempt: it is about one that is known to have gone out, if any is.
  const latest = unclear ? Math.max(0, ...deliveries.map((row) => row.attempt)) || attempt : attempt;
  const told = events.map((event): DeliveryFact => ({
    ...event,
    attempt: Math.min(event.message?.attempt ?? latest, attempt),
  }));
  const first = told.find((event) => event.attempt === attempt);
  const others = first
    ? attempt_to.filter(
        (recipient) => !deliveries.some((row) => row.recipient === recipient && row.attempt === attempt),
      )
    : [];
  const taken = others.map((recipient): DeliveryFact => ({
    kind: 'accepted',
    recipient,
    at: first!.at,
    reason: null,
    attempt,
  }));
  return [...taken, ...told];
}

const isOpen = ({ state }: SentMessage): boolean => ['queued', 'scheduled', 'sending'].includes(state);

/**
 * While a later run is about to try again, what is told of an earlier attempt is noted and decides nothing, unless nobody
 * is left who does not have it.
 */
function settles(message: SentMessage, deliveries: DeliveryRow[], told: DeliveryFact[]): boolean {
  if (!isOpen(message)) return true;
  const { attempt, bcc, unclear } = message.outbound;
  if (recipientsLeft(message, { bcc, deliveries }).length === 0) return true;
  const isUnderWay = message.state === 'sending' && isCalledByThisRun(message.outbound);
  return (unclear || isUnderWay) && told.some((event) => event.attempt === attempt);
}

/** What the row says once its deliveries decide. */
export function settledBy(deliveries: DeliveryRow[]): MessageChange {
  const { state, reason, at } = worstOf(deliveries);
  return { state, outbound: { deliveries, reason, state_at: at, is_open: false, unclear: false } };
}

async function openAgain(models: Models, message: SentMessage, at: Date): Promise<void> {
  const { thread_kind, thread_id, workspace_id } = message;
  await threadsOf(models, thread_kind).updateOne(
    { _id: thread_id, workspace_id, status: 'closed', closed_at: { $lt: at } },
    { $set: { status: 'open', closed_at: null, updated_at: new Date() }, $inc: { changes: 1 } },
  );
}
