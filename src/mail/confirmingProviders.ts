/** What a mail host's confirmation of a new forwarding address is known by. */
export interface ConfirmingProvider {
  provider: 'gmail' | 'outlook' | 'zoho';
  /** @param address normalised. */
  isSender: (address: string) => boolean;
  /** The link that confirms; never the one that cancels. */
  isLink: (url: URL) => boolean;
  /** A code, whole. */
  code: RegExp;
  /** False where the sender writes about many things: then the mail must speak of forwarding. */
  onlyConfirms: boolean;
}

/** Where customers have mailboxes too, only what none of them can be called is the mail host's own. */
const SYSTEM = /^(?:no-?reply|do-?not-?reply|postmaster|mailer-daemon)@/;
/** On domains without customers: `account-security-noreply`, too. */
const AUTOMATIC = /(?:^|[-._])(?:no-?reply|do-?not-?reply|postmaster|mailer-daemon)@/;

/** In the language of the mailbox: the stem of "to forward", as mail hosts write it. */
const FORWARDING =
  /forward|weiterleit|umleit|transf[eé]r|redirec|rediri|renvoi|réachem|reenv[ií]|encaminh|reencaminh|inoltr|doorst|vidarebefordra|videresend|viderefør|edelleenläh|välitä|przekaz|przesył|přepos|prepos|přesměr|пересыл|переадрес|перенаправ|yönlendir|iletme|továbbít|redirecț|προώθηση|转发|轉寄|轉發|転送|전달|توجيه|העבר|chuyển tiếp|ส่งต่อ|teruskan/iu;

/** Does a text or link speak of forwarding? */
export const speaksOfForwarding = (text: string): boolean => FORWARDING.test(text);

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

/** Mailboxes that can be told to forward to a new address, and ask that address first. */
export const CONFIRMING_PROVIDERS: readonly ConfirmingProvider[] = [
  {
    provider: 'gmail',
    // This address and no other of Google's: notes of a shared document or an invitation hold what anybody
    // wrote.
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

/** These hosts have other pages too; a link to a sign-in or to help confirms nothing. */
const confirms = (link: string): boolean =>
  /confirm|verif|forward|fwd/i.test(link) && !/cancel|reject|declin|deny|unsub/i.test(link);
