import type { DeliveryEvent } from '../outbound.ts';
import type { MailgunEvent } from './events.ts';
import { oneLine, withSaid } from './words.ts';

/** `reason` of a failed event (mailgun-go, events/enums.go): what has happened, for somebody who does not know mail servers. */
const WORDS = new Map(
  Object.entries({
    bounce: 'the server of the recipient refused it',
    hardfail: 'the server of the recipient refused it',
    espblock: 'the mail service of the recipient blocks us',
    blacklisted: 'the mail service of the recipient blocks us',
    greylisted: 'the server of the recipient asks to wait before it takes it',
    old: 'it could not be delivered for so long that no further try is made',
  }),
);
/** Mailgun's own lists: it makes no try, and its text says only that. */
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

/** Why a mail is not there, in words for an agent, with what the other side said; null where all is well. */
export function deliveryReason(kind: DeliveryEvent['kind'], event: MailgunEvent): string | null {
  if (kind === 'accepted' || kind === 'delivered') return null;
  if (kind === 'complained') return 'the recipient called it spam';
  if (event.event === 'rejected')
    return withSaid('Mailgun took it, but does not send it', oneLine(event.reject?.reason ?? ''));
  const code = event['delivery-status']?.code ?? null;
  const suppressed = SUPPRESSED.get(code === PREVIOUSLY_BOUNCED ? 'suppress-bounce' : event.reason);
  if (suppressed !== undefined) return suppressed;
  return withSaid(words(kind, event.reason, code), said(event['delivery-status']));
}

function words(kind: 'delayed' | 'failed', reason: string, code: number | null): string {
  if (code === NO_MX) return 'the domain of the recipient takes no mail';
  const known = WORDS.get(reason);
  if (kind === 'failed') return known ?? 'it could not be delivered';
  return known === undefined ? 'it is not delivered yet, and tried again' : `${known}; it is tried again`;
}

/** `550 5.1.1 No such user`: the answer of a mail server has a code of three digits, which Mailgun keeps beside it. */
function said(status: MailgunEvent['delivery-status']): string {
  const text = oneLine(status?.message || status?.description || '');
  const code = status?.code ?? 0;
  const isServers = code >= 400 && code < 600 && code !== NO_MX;
  return isServers && text !== '' && !text.startsWith(String(code)) ? `${code} ${text}` : text;
}
