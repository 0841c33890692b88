import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

export const RECORD_PURPOSES = ['ownership', 'spf', 'dkim', 'mx', 'tracking'] as const;
export const RECORD_TYPES = ['TXT', 'MX', 'CNAME'] as const;
export const RECORD_STATES = ['pending', 'valid', 'missing', 'wrong'] as const;
export const DOMAIN_STATES = ['pending', 'verified', 'failing', 'broken', 'expired', 'lost'] as const;

/** What must stand in DNS, and what it is for. */
export interface DomainRecord {
  purpose: (typeof RECORD_PURPOSES)[number];
  type: (typeof RECORD_TYPES)[number];
  /** Absolute, lower case, without the final dot. */
  name: string;
  value: string;
  /** Of an MX. */
  priority: number | null;
  /** As our own resolvers answered last; `pending` = never yet. */
  state: (typeof RECORD_STATES)[number];
  /** What DNS answered last. */
  found: string[];
  /** The provider has seen it too. */
  accepted: boolean;
}

/** Mails to the owners that are still to be sent, each once. */
export interface DomainNotice {
  kind: 'failing' | 'mended' | 'broken' | 'lost' | 'mx gone';
  at: Date;
  /** Users who have it. */
  told: string[];
}

/** A workspace's claim on a domain. Two workspaces may claim one; ownership decides. */
export interface DomainRow {
  /** Hash of workspace, name and how many times it was claimed before: two requests at once make one. */
  _id: string;
  workspace_id: string;
  /** Lower case, IDN to ASCII. */
  name: string;
  /**
   * `pending`: not owned, or nothing can be sent yet; `verified`: owned, and it sends; `failing`: something broke, until
   * `grace_until`; `broken`: that is over, and it sends no more; `expired`: never proved; `lost`: no longer owned. The last two
   * are the end of a claim.
   */
  state: (typeof DOMAIN_STATES)[number];
  /** Value of the TXT record at `_postroom.<name>`. */
  ownership_value: string;
  /** Since when that record is there. Nothing is sent, received or made without. */
  owned_at: Date | null;
  /** The provider sends for it; its MX records lead to the provider. */
  sending: boolean;
  receiving: boolean;
  records: DomainRecord[];
  /** The provider has suspended it. */
  suspended: boolean;
  /** Workspace email that gets the mail to addresses that are none; null = such mail is skipped. */
  catch_all_id: string | null;
  /** Why it is not as it should be, in words for a person. */
  problem: string | null;
  /** What the provider said last to being asked for the domain, in words; null = it has it. */
  provider_problem: string | null;
  failing_since: Date | null;
  /** Then sending stops, or, where the ownership record is gone, the claim ends. */
  grace_until: Date | null;
  /** Since when the ownership record is gone. */
  disowned_at: Date | null;
  /** Since when no MX record leads to the provider, though one did. */
  mx_gone_at: Date | null;
  /** Mails to the owners that are still to go out. */
  notices: DomainNotice[];
  /** Addresses, routes and event hooks are still to be brought in line with this row. */
  wants_applying: boolean;
  /** The provider is not asked to look at DNS before. */
  verify_after: Date | null;
  /** Of a claim that was never proved. */
  expires_at: Date;
  checked_at: Date | null;
  check_wanted_at: Date | null;
  /** How often its runs wrote to it: one that decided on an older row decides again. */
  changes: number;
  /** Of the workflow: 1, and one more each time it is begun again. An older run writes nothing. */
  run: number;
  /** Its run is still to be started, or to be told. */
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
// Claims of all workspaces on one domain: which of them counts is decided by ownership.
domainSchema.index({ name: 1, created_at: 1 });
domainSchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });

/** A domain as Postroom made it at the provider; whoever claims it. */
export interface ProviderDomainRow {
  /** The domain's name. */
  _id: string;
  /** False: it was there before, and is never removed by us. */
  made_by_us: boolean;
  created_at: Date;
}
export const providerDomainSchema = rowSchema<ProviderDomainRow>({
  _id: String,
  made_by_us: { type: Boolean, required: true },
  created_at: Date,
});
