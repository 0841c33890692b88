/** One DNS record that the provider asks for. */
export interface ProviderRecord {
  purpose: 'spf' | 'dkim' | 'mx' | 'tracking';
  type: 'TXT' | 'MX' | 'CNAME';
  /** Absolute, lower case, without the final dot. */
  name: string;
  /** TXT: the text to publish; MX and CNAME: a host, lower case, without the final dot. */
  value: string;
  /** MX only. */
  priority: number | null;
  /** The provider found the record in DNS when it last checked. */
  isValid: boolean;
}

export interface ProviderDomain {
  /** Lower case. */
  name: string;
  /** In no particular order. There may be several MX records and several DKIM keys. */
  records: ProviderRecord[];
  /** The provider has switched the domain off: it neither sends nor receives. */
  isDisabled: boolean;
}

export type CreatedDomain =
  | { result: 'created'; domain: ProviderDomain }
  /** The account already has it, made by us or by others: `findDomain` returns it. */
  | { result: 'exists' }
  /** Another account of the provider has it. */
  | { result: 'taken' };

/** Names of domains whose route was created, corrected or removed. */
export interface RouteChanges {
  created: string[];
  repaired: string[];
  removed: string[];
}

/**
 * Sets up domains in a mail provider's account. Code outside providers/ names no provider. Each call may be
 * repeated after any result, and throws only ProviderAway and ProviderRefused. Names of domains are
 * normalised: lower case, ASCII. `publicUrl` is the URL of the web process without a final slash.
 */
export interface ProviderSetUp {
  readonly name: string;
  /** @returns null when the account does not have the domain. */
  findDomain(name: string): Promise<ProviderDomain | null>;
  /**
   * With a DKIM key of 2048 bits. If the connection breaks after the domain was made, the next call returns
   * `exists`.
   */
  createDomain(name: string): Promise<CreatedDomain>;
  /**
   * Asks the provider to check DNS again; providers limit how often.
   * @returns null when the account does not have the domain.
   */
  verifyDomain(name: string): Promise<ProviderDomain | null>;
  /** Succeeds too if the account does not have the domain. The provider may still show it for a while. */
  removeDomain(name: string): Promise<void>;
  /**
   * Makes sure that the account has exactly one route of ours for each of these domains, which posts the
   * domain's mail to our webhook and stops. Corrects our routes that differ, removes those that are not
   * needed, and leaves all others alone. Our routes are those made for this `publicUrl`, so several
   * installations may share an account. Two concurrent calls with different `domains` undo each other's work.
   */
  keepRoutes(domains: string[], publicUrl: string): Promise<RouteChanges>;
  /**
   * Makes sure that delivery events of this domain are posted to our webhook; other URLs stay. Corrects what
   * it can before it throws.
   * @returns the kinds of events, in the provider's words, that were corrected.
   */
  keepEventHooks(domain: string, publicUrl: string): Promise<string[]>;
}

/** The provider is unavailable for now: it did not answer, something else answered, or it asks to wait. */
export class ProviderAway extends Error {
  /** `Http429`, `ECONNREFUSED`, `Timeout`; never foreign text. */
  readonly code: string;
  /** Null if the provider does not say. */
  readonly retryAfterMs: number | null;
  constructor(code: string, retryAfterMs: number | null = null) {
    super(code);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The provider refuses, and a retry does not help: a wrong key, a name that the provider does not accept. */
export class ProviderRefused extends Error {
  /** `Http401`, `NoApiKey`; never foreign text. */
  readonly code: string;
  /** For a person; may quote the provider. */
  readonly reason: string;
  constructor(code: string, reason: string) {
    super(code);
    this.code = code;
    this.reason = reason;
  }
}
