import type { EventOfMail } from './sentMails.ts';

type Json = Record<string, unknown>;

const LOG_LEVELS = { accepted: 'info', delivered: 'info', failed: 'error', complained: 'warn' };

/** An event as it is posted and as the Events API returns it. @param url base URL of the stored messages */
export function eventJson({ mail, event }: EventOfMail, url: string): Json {
  const { kind, recipient, severity, reason, status } = event;
  const level = severity === 'temporary' ? 'warn' : LOG_LEVELS[kind];
  return {
    event: kind,
    ...(severity ? { severity, reason } : {}),
    id: event.id,
    timestamp: event.at / 1000,
    'log-level': level,
    ...(kind === 'accepted' ? { method: 'HTTP', 'api-key-id': '12345678-87654321' } : {}),
    account: { id: '5a1b2c3d4e5f60718293a4b5' },
    domain: { name: mail.domain },
    ...(kind === 'complained' ? {} : { envelope: envelope({ mail, event }) }),
    flags: flags({ mail, event }),
    ...(status ? { 'delivery-status': status } : {}),
    message: {
      headers: {
        to: mail.to,
        'message-id': mail.messageId.slice(1, -1),
        from: mail.from,
        subject: mail.subject,
      },
      attachments: [],
      ...(kind === 'accepted' ? { recipients: mail.recipients } : {}),
      size: mail.size,
    },
    recipient,
    'recipient-domain': recipient.slice(recipient.lastIndexOf('@') + 1),
    ...(kind === 'complained' ? {} : { storage: storage(mail.domain, mail.key, url) }),
    tags: mail.tags,
    campaigns: [],
    'user-variables': mail.variables,
  };
}

/** The event as an item of the Logs API, which formats some fields differently. */
export function logItem(of: EventOfMail, url: string): Json {
  const { mail, event } = of;
  const item: Json = {
    ...eventJson(of, url),
    '@timestamp': new Date(event.at).toISOString(),
    'user-variables': JSON.stringify(mail.variables),
  };
  delete item.timestamp;
  if (item.storage) {
    const stored = storage(mail.domain, mail.key, url);
    item.storage = { ...stored, url: [stored.url] };
  }
  return item;
}

function envelope({ mail, event }: EventOfMail): Json {
  const sent = event.kind === 'accepted' ? {} : { 'sending-ip': '198.51.100.7' };
  return { sender: mail.sender, transport: 'smtp', targets: event.recipient, ...sent };
}

function flags({ mail, event }: EventOfMail): Json {
  const own = { 'is-test-mode': mail.isTest };
  if (event.kind === 'complained') return own;
  if (event.kind === 'accepted') return { 'is-authenticated': true, ...own };
  const all = { 'is-routed': false, 'is-authenticated': true, 'is-system-test': false, ...own };
  return event.severity === 'permanent' ? { ...all, 'is-delayed-bounce': false } : all;
}

const storage = (domain: string, key: string, url: string): Json => ({
  key,
  url: `${url}/v3/domains/${domain}/messages/${key}`,
  region: 'us-east4',
  env: 'production',
});
