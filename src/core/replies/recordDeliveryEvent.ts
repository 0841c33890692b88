import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { ReplyRun } from '../../infra/temporal/runTypes.ts';
import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import type { DeliveryEvent } from '../../infra/providers/outbound.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { HOUR_MS } from '../../lib/time.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import { applyEvents } from './applyEvents.ts';
import { askProvider, type AskDeps } from './askProvider.ts';

export interface DeliveryEventDeps extends AskDeps {
  models: Models;
  /** Wakes the message's run, so that it reads the row again. Never rejects. */
  wake: (reply: ReplyRun) => Promise<void>;
  log: Logger;
}

/**
 * @returns false when the event must be confirmed by the provider, and is not yet: the provider's own list of events is late.
 * @throws anything when MongoDB is away
 */
export type RecordEvent = (event: DeliveryEvent) => Promise<boolean>;

/** A provider lists an event some minutes after it has posted it; one that it does not list after so long is not its own. */
const LISTED_WITHIN_MS = HOUR_MS;
const LEFT_OUT = { headers: 0, names: 0, text: 0, html: 0, words: 0 };

/**
 * Writes an event to its message, and wakes the message's run if it waits for the event. Does nothing if the
 * event is about no outbound message, or says nothing new.
 */
export function createRecordDeliveryEvent(deps: DeliveryEventDeps): RecordEvent {
  const { models, wake, log } = deps;
  return async (event) => {
    // Without this, mongoose would hold the query for 10 s, and with it one of the few concurrent workers.
    if (models.connection.readyState !== mongoose.ConnectionStates.connected)
      throw new Error('MongoDB is not connected');
    const message = await findMessage(models, event);
    if (message && isDoubtful(message, event)) {
      const confirmed = await confirm(deps, message, event);
      if (confirmed === 'not listed')
        log.warn(
          { event: event.id, message_id: message._id },
          'an event that the provider does not know is left out',
        );
      if (confirmed !== 'listed') return confirmed === 'not listed';
    }
    const applied = message && (await applyEvents(models, message._id, [event]));
    if (!applied)
      log.debug({ event: event.id, kind: event.kind }, 'a delivery event is about no outbound message');
    else if (applied.wakes) await wake({ id: message._id, run: applied.run });
    return true;
  };
}

function findMessage(
  { Message }: Models,
  { message, messageId }: DeliveryEvent,
): Promise<OutboundMessageRow | null> {
  const named = message ? { _id: message.id } : { message_id: messageId };
  if (!message && messageId === null) return Promise.resolve(null);
  return Message.findOne({ ...named, direction: 'outbound' }, LEFT_OUT).lean<OutboundMessageRow>();
}

/**
 * Whether an event is believed only if the provider lists it too. A signature covers no content: what settles a call whose
 * end nobody knows, or contradicts what is known, must not rest on it alone.
 */
function isDoubtful({ state, outbound }: OutboundMessageRow, { kind, recipient }: DeliveryEvent): boolean {
  const { unclear, maybe_sent, deliveries } = outbound;
  if (unclear || maybe_sent) return true;
  if (state === 'failed' && kind !== 'failed' && !deliveries.some((row) => row.state === 'failed'))
    return true;
  const address = normaliseAddress(recipient) ?? recipient;
  const known = deliveries.find((row) => row.recipient === address);
  return kind === 'failed' && known?.state === 'delivered';
}

async function confirm(
  deps: DeliveryEventDeps,
  message: OutboundMessageRow,
  event: DeliveryEvent,
): Promise<'listed' | 'not yet' | 'not listed'> {
  try {
    const found = await askProvider(deps, message);
    // Where the account may not read events, the signature is all that there is.
    if (!found.readable || found.events.some(({ id }) => id === event.id)) return 'listed';
    return Date.now() - event.at.getTime() > LISTED_WITHIN_MS ? 'not listed' : 'not yet';
  } catch (error) {
    deps.log.warn(
      { event: event.id, error: faultOf(error) },
      'the provider could not be asked about an event',
    );
    return 'not yet';
  }
}
