/** One DNS record that the provider asks for. */
export interface ProviderRecord {
  purpose: 'spf' | 'dkim' | 'mx' | 'tracking';
  type: 'TXT' | 'MX' | 'CNAME';
  /** Absolute, lower case, without the final dot. */
  name: string;
  /** TXT: as it is to be published; MX and CNAME: a host, lower case, without the final dot. */
  value: string;
  /** MX only. */
  priority: number | null;
  /** The provider found it right when it last looked at DNS. */
  isValid: boolean;
}

export interface ProviderDomain {
  /** Lower case. */
  name: string;
  /** In an order that says nothing. Several MX, and several DKIM keys, may be asked for. */
  records: ProviderRecord[];
  /** Switched off by the provider: nothing is sent or received, whatever DNS says. */
  isDisabled: boolean;
}

export type CreatedDomain =
  | { result: 'created'; domain: ProviderDomain }
  /** The account has it already, from us or from others: `findDomain` gives its records. */
  | { result: 'exists' }
  /** Another account of the provider has it. */
  | { result: 'taken' };

/** Names of domains whose route was made, changed, or taken away. */
export interface RouteChanges {
  created: string[];
  repaired: string[];
  removed: string[];
}

/**
 * A mail provider's account, as far as domains are set up there. Nothing upstream names a provider.
 * Each call may be made again after any end of it, and throws ProviderAway and ProviderRefused only.
 * Names of domains are normalised: lower case, ASCII. `publicUrl` is the web process from outside, without a final slash.
 */
export interface ProviderSetUp {
  readonly name: string;
  /** @returns null when the account does not have it. */
  findDomain(name: string): Promise<ProviderDomain | null>;
  /** With a DKIM key of 2048 bits. After a call that was cut off, a domain made by it is `exists`. */
  createDomain(name: string): Promise<CreatedDomain>;
  /** Has the provider look at DNS again; providers limit how often. @returns null when the account does not have it. */
  verifyDomain(name: string): Promise<ProviderDomain | null>;
  /** Also when the account does not have it (any more). It may be seen for a while after. */
  removeDomain(name: string): Promise<void>;
  /**
   * Makes the account's routes what they are to be: exactly one for each of these domains, which posts its mail to our webhook and
   * stops. Repairs ours that differ, removes ours that are not wanted, touches no others. Ours are those made for this `publicUrl`,
   * so several installations may share an account. Two at the same time with different `domains` undo each other's work.
   */
  keepRoutes(domains: string[], publicUrl: string): Promise<RouteChanges>;
  /**
   * Has delivery events of this domain posted to our webhook; other URLs stay. What can be mended is mended before it throws.
   * @returns the kinds of events, in the provider's words, that were mended.
   */
  keepEventHooks(domain: string, publicUrl: string): Promise<string[]>;
}

/** The provider did not answer, or not as itself, or asks to wait; it may pass. */
export class ProviderAway extends Error {
  /** `Http429`, `ECONNREFUSED`, `Timeout`: no foreign text. */
  readonly code: string;
  /** Null where it does not say. */
  readonly retryAfterMs: number | null;
  constructor(code: string, retryAfterMs: number | null = null) {
    super(code);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Trying again gives the same until somebody mends it: a wrong key, a name that the provider does not take. */
export class ProviderRefused extends Error {
  /** `Http401`, `NoApiKey`: no foreign text. */
  readonly code: string;
  /** In words for a person; may quote the provider. */
  readonly reason: string;
  constructor(code: string, reason: string) {
    super(code);
    this.code = code;
    this.reason = reason;
  }
}
