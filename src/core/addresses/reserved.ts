/**
 * The local parts on the platform's own domain that no workspace may have, each list with its source. Who
 * receives at one of them may speak for the whole domain: gets a TLS certificate for it, its abuse reports, or
 * the trust of those who read the name. `support` and `sales` (RFC 2142, section 3) are not among them: teams
 * have them.
 */

/** RFC 2142, section 4: network operations. */
const NETWORK_OPERATIONS = ['abuse', 'noc', 'security'];

/** RFC 2142, section 5: support of single Internet services. */
const INTERNET_SERVICES = ['postmaster', 'hostmaster', 'usenet', 'news', 'webmaster', 'www', 'uucp', 'ftp'];

/** RFC 2142, section 3: mail to them is meant for whoever runs the domain. */
const BUSINESS = ['info', 'marketing'];

/**
 * CA/Browser Forum, Baseline Requirements, 3.2.2.4.4: who answers a mail to one of these five gets a
 * certificate for the domain.
 */
const CERTIFICATES = ['admin', 'administrator', 'webmaster', 'hostmaster', 'postmaster'];

/** CERT/CC, VU#591120: certification authorities have accepted these too. */
const FORMER_CERTIFICATES = [
  'is',
  'it',
  'mis',
  'root',
  'ssl',
  'ssladmin',
  'ssladministrator',
  'sslwebmaster',
  'sysadmin',
];

/** The platform's own senders, and names that a reader takes for them. */
const SENDERS = [
  'noreply',
  'donotreply',
  'notification',
  'notifications',
  'notice',
  'notices',
  'mailer',
  'mailerdaemon',
  'daemon',
  'bounce',
  'bounces',
  'postroom',
  'system',
  'operator',
  'invitation',
  'invitations',
  'verify',
  'verification',
  'password',
  'account',
  'accounts',
  'login',
];

/**
 * Where reports about a domain go: DMARC (RFC 7489), TLS (RFC 8460), certificates (RFC 8659), security
 * (RFC 9116); and names that mail programs look for by themselves (Geoffrey Thomas, "Names to reserve").
 */
const REPORTS = [
  'dmarc',
  'dmarcreports',
  'tlsrpt',
  'tlsreports',
  'spf',
  'dkim',
  'caa',
  'cert',
  'csirt',
  'mtasts',
  'autoconfig',
  'autodiscover',
  'wpad',
  'localhost',
  'listserv',
  'majordomo',
];

/** Without separators: `no-reply`, `no.reply` and `no_reply` are read as one name. */
const RESERVED = new Set(
  [
    NETWORK_OPERATIONS,
    INTERNET_SERVICES,
    BUSINESS,
    CERTIFICATES,
    FORMER_CERTIFICATES,
    SENDERS,
    REPORTS,
  ].flat(),
);

/** @param local in lower case */
export const isReserved = (local: string): boolean => RESERVED.has(local.replaceAll(/[._-]/g, ''));

/**
 * Mail to these becomes nobody's ticket, also if a workspace had the address before it was reserved: the
 * operator alone gets it.
 */
export const FOR_OPERATOR: ReadonlySet<string> = new Set([
  ...NETWORK_OPERATIONS,
  ...INTERNET_SERVICES,
  ...CERTIFICATES,
]);
