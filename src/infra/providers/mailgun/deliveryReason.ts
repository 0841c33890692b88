import type { DeliveryEvent } from '../outbound.ts';
import type { MailgunEvent } from './events.ts';
import { shownLine, withDetail } from './shownLine.ts';

/**
 * `reason` of a failed event (mailgun-go, events/enums.go), explained to an agent who does not know mail
 * servers.
 */
const EXPLANATIONS = new Map(
  Object.entries({
    bounce: 'the server of the recipient refused it',
    hardfail: 'the server of the recipient refused it',
    espblock: 'the mail service of the recipient blocks us',
    blacklisted: 'the mail service of the recipient blocks us',
    greylisted: 'the server of the recipient asks to wait before it takes it',
    old: 'it could not be delivered for so long that no further try is made',
  }),
);
/** Mailgun's suppression lists: it does not try to deliver, and its own text says no more than that. */
const SUPPRESSED = new Map(
  Object.entries({
    'suppress-bounce': 'an earlier mail to this address bounced, and Mailgun sends none to it since',
    'suppress-complaint':
      'the recipient called an earlier mail spam, and Mailgun sends none to this address since',
    'suppress-unsubscribe': 'the recipient unsubscribed, and Mailgun sends no mail to this address since',
  }),
);
const NO_MX = 498;
const PREVIOUSLY_BOUNCED = 605;

/**
 * Why a mail was not delivered, for an agent, with the other side's answer; null if it was not refused or
 * delayed.
 */
export function deliveryReason(kind: DeliveryEvent['kind'], event: MailgunEvent): string | null {
  if (kind === 'accepted' || kind === 'delivered') return null;
  if (kind === 'complained') return 'the recipient called it spam';
  if (event.event === 'rejected')
    return withDetail('Mailgun took it, but does not send it', shownLine(event.reject?.reason ?? ''));
  const code = event['delivery-status']?.code ?? null;
  const suppressed = SUPPRESSED.get(code === PREVIOUSLY_BOUNCED ? 'suppress-bounce' : event.reason);
  if (suppressed !== undefined) return suppressed;
  return withDetail(explain(kind, event.reason, code), serverAnswer(event['delivery-status']));
}

function explain(kind: 'delayed' | 'failed', reason: string, code: number | null): string {
  if (code === NO_MX) return 'the domain of the recipient takes no mail';
  const known = EXPLANATIONS.get(reason);
  if (kind === 'failed') return known ?? 'it could not be delivered';
  return known === undefined ? 'it is not delivered yet, and tried again' : `${known}; it is tried again`;
}

/**
 * `550 5.1.1 No such user`: a mail server's answer with its three-digit code, which Mailgun reports
 * separately.
 */
function serverAnswer(status: MailgunEvent['delivery-status']): string {
  const text = shownLine(status?.message || status?.description || '');
  const code = status?.code ?? 0;
  const isServerCode = code >= 400 && code < 600 && code !== NO_MX;
  return isServerCode && text !== '' && !text.startsWith(String(code)) ? `${code} ${text}` : text;
}
