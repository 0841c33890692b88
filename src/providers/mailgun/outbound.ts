import type { Config } from '../../config.ts';
import type { OutboundProvider } from '../outbound.ts';

export function createMailgunOutbound(config: Config['mailgun']): OutboundProvider {
  const none = () => Promise.reject(new Error(config.url));
  return {
    name: 'mailgun',
    send: none,
    findEvents: none,
    events: { path: 'events', prove: () => null, parse: () => null },
  };
}
