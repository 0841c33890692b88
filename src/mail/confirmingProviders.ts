/** How to recognise the mail with which a mail host asks a new forwarding address for confirmation. */
export interface ConfirmingProvider {
  provider: 'gmail' | 'outlook' | 'zoho';
  /** @param address normalised. */
  isSender: (address: string) => boolean;
  /** Whether a link confirms the forwarding; false for the one that cancels it. */
  isLink: (url: URL) => boolean;
  /** Matches a whole code. */
  code: RegExp;
  /** False if the sender also writes about other things: then the mail must mention forwarding. */
  onlyConfirms: boolean;
}

/** Senders on domains where customers have mailboxes too: names that no customer can have. */
const SYSTEM = /^(?:no-?reply|do-?not-?reply|postmaster|mailer-daemon)@/;
/** Senders on domains without customers, such as `account-security-noreply`. */
const AUTOMATIC = /(?:^|[-._])(?:no-?reply|do-?not-?reply|postmaster|mailer-daemon)@/;

/** The stem of "to forward" in the languages of mail hosts: they write in the language of the mailbox. */
const FORWARDING =
  /forward|weiterleit|umleit|transf[eé]r|redirec|rediri|renvoi|réachem|reenv[ií]|encaminh|reencaminh|inoltr|doorst|vidarebefordra|videresend|viderefør|edelleenläh|välitä|przekaz|przesył|přepos|prepos|přesměr|пересыл|переадрес|перенаправ|yönlendir|iletme|továbbít|redirecț|προώθηση|转发|轉寄|轉發|転送|전달|توجيه|העבר|chuyển tiếp|ส่งต่อ|teruskan/iu;

/** Whether a text or link mentions forwarding. */
export const mentionsForwarding = (text: string): boolean => FORWARDING.test(text);

const GMAIL_HOSTS = ['mail.google.com', 'mail-settings.google.com', 'isolated.mail.google.com'];
const MICROSOFT_MAILBOXES = ['outlook.com', 'hotmail.com', 'live.com'];
const MICROSOFT = ['microsoft.com', 'accountprotection.microsoft.com', 'account.microsoft.com'];
const MICROSOFT_HOSTS = [
  ...['account.live.com', 'account.microsoft.com', 'login.live.com', 'outlook.live.com'],
  ...['outlook.office.com', 'outlook.office365.com', 'outlook.cloud.microsoft'],
];
const ZOHO = /^(?:zoho(?:mail)?\.(?:com|eu|in|jp|ca|sa|uk|ae|com\.au|com\.cn)|zohocloud\.ca)$/;
const ZOHO_ONLY = ['zohoaccounts.com', 'zohocorp.com', 'zohoaccounts.eu', 'zohoaccounts.in'];
const ZOHO_HOST = /^(?:mail|mailadmin|accounts)\.(.+)$/;

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
const parentOf = (domain: string): string => domain.slice(domain.indexOf('.') + 1);

/** Mail hosts that ask a new forwarding address for confirmation before they forward to it. */
export const CONFIRMING_PROVIDERS: readonly ConfirmingProvider[] = [
  {
    provider: 'gmail',
    // Only this one of Google's addresses: mails about shared documents or invitations contain text of other
    // people.
    isSender: (address) => address === 'forwarding-noreply@google.com',
    // `uf-` cancels.
    isLink: ({ hostname, pathname }) =>
      GMAIL_HOSTS.includes(hostname) && /^\/(?:mail|a\/[^/]+)\/vf-./.test(pathname),
    code: /\d{6,12}/,
    onlyConfirms: true,
  },
  {
    provider: 'outlook',
    isSender: (address) =>
      MICROSOFT.includes(domainOf(address))
        ? AUTOMATIC.test(address)
        : MICROSOFT_MAILBOXES.includes(domainOf(address)) && SYSTEM.test(address),
    isLink: ({ hostname, pathname, search }) =>
      MICROSOFT_HOSTS.includes(hostname) && confirms(pathname + search),
    code: /\d{6,8}/,
    onlyConfirms: false,
  },
  {
    provider: 'zoho',
    isSender: (address) =>
      ZOHO.test(domainOf(address))
        ? SYSTEM.test(address)
        : AUTOMATIC.test(address) &&
          (ZOHO_ONLY.includes(domainOf(address)) || ZOHO.test(parentOf(domainOf(address)))),
    isLink: ({ hostname, pathname, search }) =>
      ZOHO.test(ZOHO_HOST.exec(hostname)?.[1] ?? '') && confirms(pathname + search),
    code: /[0-9a-f]{16,64}|(?=[A-Z]*\d)[A-Z0-9]{6,16}/,
    onlyConfirms: false,
  },
];

/** These hosts have other pages too: a link to a sign-in or help page confirms nothing. */
const confirms = (link: string): boolean =>
  /confirm|verif|forward|fwd/i.test(link) && !/cancel|reject|declin|deny|unsub/i.test(link);
