import type { Config } from '../../config.ts';
import type { OutboundProvider } from '../outbound.ts';
import { createEventHook } from './events.ts';
import { findEvents } from './findEvents.ts';
import { send } from './send.ts';

/** Mailgun's API as the way out. */
export function createMailgunOutbound(config: Config['mailgun']): OutboundProvider {
  return {
    name: 'mailgun',
    send: (mail, signal) => send(config, mail, signal),
    findEvents: (mail) => findEvents(config, mail),
    events: createEventHook(config),
  };
}
