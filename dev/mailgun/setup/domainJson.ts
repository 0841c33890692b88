import {
  checkOf,
  dkimRecord,
  isActive,
  recordsOf,
  type DkimKey,
  type DnsRecord,
  type Domain,
} from './domain.ts';

type Json = Record<string, unknown>;

/** Settings that are shown only with `h:extended`. */
const EXTENDED = ['encrypt_incoming_message', 'message_ttl', 'mailfrom_host', 'archive_to'];

export function domainJson({ id, name, createdAt, state, settings }: Domain, isExtended = false): Json {
  const shown = Object.entries(settings).filter(([key]) => isExtended || !EXTENDED.includes(key));
  return {
    created_at: new Date(createdAt).toUTCString(),
    id,
    is_disabled: false,
    name,
    smtp_login: `postmaster@${name}`,
    state,
    type: 'custom',
    ...Object.fromEntries(shown),
    ...(isExtended ? { tracking_host: `${String(settings.web_prefix)}.${name}` } : {}),
  };
}

let rotation = 0;

/** Both lists of records. The order of the sending records changes with each call, as at Mailgun. */
export function recordsJson(domain: Domain): { receiving_dns_records: Json[]; sending_dns_records: Json[] } {
  const rows = recordsOf(domain);
  const sending = rows.filter(({ purpose }) => purpose !== 'receiving');
  rotation = (rotation + 1) % sending.length;
  return {
    receiving_dns_records: rows
      .filter(({ purpose }) => purpose === 'receiving')
      .map((record) => receivingJson(domain, record)),
    sending_dns_records: [...sending.slice(rotation), ...sending.slice(0, rotation)].map((record) =>
      sendingJson(domain, record),
    ),
  };
}

/** Has no name: it is the domain's name. */
function receivingJson(domain: Domain, record: DnsRecord): Json {
  const { valid, cached } = checkOf(domain, record);
  return { is_active: true, cached, priority: '10', record_type: 'MX', valid, value: record.value };
}

function sendingJson(domain: Domain, record: DnsRecord): Json {
  const { valid, cached } = checkOf(domain, record);
  const key = domain.keys.find(({ selector }) => selector === record.selector);
  const { name, type, value } = record;
  return { is_active: key ? isActive(domain, key) : true, cached, name, record_type: type, valid, value };
}

/** A DKIM key with its record. */
export const keyJson = (domain: Domain, key: DkimKey): Json => ({
  signing_domain: domain.name,
  selector: key.selector,
  dns_record: sendingJson(domain, dkimRecord(domain.name, key)),
});
