import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

export const RECORD_PURPOSES = ['ownership', 'spf', 'dkim', 'mx', 'tracking'] as const;
export const RECORD_TYPES = ['TXT', 'MX', 'CNAME'] as const;
export const RECORD_STATES = ['pending', 'valid', 'missing', 'wrong'] as const;
export const DOMAIN_STATES = ['pending', 'verified', 'failing', 'broken', 'expired', 'lost'] as const;

/** A record that must be in DNS, and its purpose. */
export interface DomainRecord {
  purpose: (typeof RECORD_PURPOSES)[number];
  type: (typeof RECORD_TYPES)[number];
  /** Absolute, lower case, without the final dot. */
  name: string;
  value: string;
  /** Only of an MX record. */
  priority: number | null;
  /** State at our resolvers' last certain answer; `pending` before the first. */
  state: (typeof RECORD_STATES)[number];
  /** Values in DNS at that answer. */
  found: string[];
  /** The provider has found the record too. */
  accepted: boolean;
}

/** A mail to the owners that must still be sent (core/domains/domainMail.ts). */
export interface DomainNotice {
  kind: 'failing' | 'mended' | 'broken' | 'lost' | 'mx gone';
  at: Date;
  /** Users to whom it was sent. */
  told: string[];
}

/** A workspace's claim on a domain. Several workspaces may claim one domain; proof of ownership decides. */
export interface DomainRow {
  /**
   * Hash of workspace, name and the number of earlier claims, so that concurrent requests make only one row.
   */
  _id: string;
  workspace_id: string;
  /** Lower case, IDN to ASCII. */
  name: string;
  /**
   * `pending`: not owned, or it cannot send yet; `verified`: owned, and it can send; `failing`: there is a
   * problem, and the grace period until `grace_until` runs; `broken`: that has ended, and it cannot send any
   * more; `expired`: ownership was never proved; `lost`: no longer owned. The last two are final.
   */
  state: (typeof DOMAIN_STATES)[number];
  /** Value of the TXT record at `_postroom.<name>`. */
  ownership_value: string;
  /** When ownership was proved by that record. Without it the domain neither sends nor receives. */
  owned_at: Date | null;
  /** `sending`: the provider sends for it. `receiving`: its MX records point to the provider, or once did. */
  sending: boolean;
  receiving: boolean;
  records: DomainRecord[];
  /** The provider has suspended it. */
  suspended: boolean;
  /** Workspace email that gets mail to unknown addresses of the domain; null = such mail is skipped. */
  catch_all_id: string | null;
  /** What is wrong and what to do, for a person; null when nothing is wrong. */
  problem: string | null;
  /** Why the provider does not have the domain, for a person; null when it has. */
  provider_problem: string | null;
  failing_since: Date | null;
  /** End of the grace period: then sending stops, or the claim ends if the ownership record is gone. */
  grace_until: Date | null;
  /** Since when the ownership record is gone. */
  disowned_at: Date | null;
  /** Since when no MX record points to the provider, though one did before. */
  mx_gone_at: Date | null;
  /** Mails to the owners that must still be sent. */
  notices: DomainNotice[];
  /** Addresses, routes and event hooks must still be updated to match this row. */
  wants_applying: boolean;
  /** The provider is not asked to check DNS before this. */
  verify_after: Date | null;
  /** Until then ownership must be proved. */
  expires_at: Date;
  checked_at: Date | null;
  check_wanted_at: Date | null;
  /** Raised with every write of a run: compare and set. */
  changes: number;
  /**
   * Number of the workflow run, from 1; raised each time the workflow begins again. An older run writes
   * nothing.
   */
  run: number;
  /** Its run must still be started, or woken. */
  wants_start: boolean;
  deleted_at: Date | null;
  created_at: Date;
}
const record = {
  _id: false,
  purpose: String,
  type: { type: String },
  name: String,
  value: String,
  priority: { type: Number, default: null },
  state: String,
  found: [String],
  accepted: Boolean,
};
export const domainSchema = rowSchema<DomainRow>({
  _id: String,
  workspace_id: requiredString,
  name: requiredString,
  state: requiredString,
  ownership_value: requiredString,
  owned_at: nullableDate,
  sending: { type: Boolean, required: true },
  receiving: { type: Boolean, required: true },
  records: [record],
  suspended: { type: Boolean, default: false },
  catch_all_id: nullableString,
  problem: nullableString,
  provider_problem: nullableString,
  failing_since: nullableDate,
  grace_until: nullableDate,
  disowned_at: nullableDate,
  mx_gone_at: nullableDate,
  notices: [{ _id: false, kind: String, at: Date, told: [String] }],
  wants_applying: { type: Boolean, default: false },
  verify_after: nullableDate,
  expires_at: Date,
  checked_at: nullableDate,
  check_wanted_at: nullableDate,
  changes: { type: Number, default: 0 },
  run: { type: Number, required: true },
  wants_start: { type: Boolean, required: true },
  deleted_at: nullableDate,
  created_at: Date,
});
domainSchema.index({ workspace_id: 1, name: 1 });
domainSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
// Claims of all workspaces on one domain.
domainSchema.index({ name: 1, created_at: 1 });
domainSchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });

/** A domain in the provider's account, shared by all claims on it. */
export interface ProviderDomainRow {
  /** The domain's name. */
  _id: string;
  /** False: the account had it before, so Postroom never removes it. */
  made_by_us: boolean;
  created_at: Date;
}
export const providerDomainSchema = rowSchema<ProviderDomainRow>({
  _id: String,
  made_by_us: { type: Boolean, required: true },
  created_at: Date,
});
