import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

export const PROOF_STATES = ['pending', 'proved', 'expired', 'dropped'] as const;
export const PROOF_WAYS = ['code', 'returned mail', 'dns'] as const;

/**
 * How a workspace proves that an address of another mail host is its own. There is one row for each address
 * that the workspace ever added, so that deleting an address and adding it again resets no limit.
 */
export interface AddressProofRow {
  /** Hash of workspace and address. */
  _id: string;
  workspace_id: string;
  /** The address's row. */
  workspace_email_id: string;
  address: string;
  state: (typeof PROOF_STATES)[number];
  proved_by: (typeof PROOF_WAYS)[number] | null;
  expires_at: Date;
  /**
   * Number of the workflow run, from 1; raised each time the proof begins again. An older run writes nothing.
   */
  run: number;
  /** Its run must still be started, or woken. */
  wants_start: boolean;
  /** The TXT record's value. */
  dns_value: string;
  /** Values in DNS at the last check, and a note about it for a person. */
  dns_found: string[];
  dns_note: string | null;
  dns_checked_at: Date | null;
  /** A check of DNS, or a mail with a code, was requested, and the run has not done it yet. */
  check_wanted_at: Date | null;
  code_wanted_at: Date | null;
  /** The last codes, newest last. There are several when a step that sends one ran twice. */
  codes: ProofCode[];
  /** Wrong tries since a code was last requested. */
  tries: number;
  /** When codes were requested, in the last day. */
  asked_at: Date[];
  /** Hashes of the references in the mails with codes: a mail that comes back with one is the proof. */
  references: string[];
  /** Why the last mail with a code could not be sent; null when it was sent. */
  code_problem: string | null;
  /** When mail to the address first arrived through a forwarding address. */
  forwarding_seen_at: Date | null;
  /** Why the address cannot be used though the proof is there. */
  problem: string | null;
  created_at: Date;
}

export interface ProofCode {
  /** scrypt of the six digits (hex), with this salt. */
  hash: string;
  salt: string;
  sent_at: Date;
  expires_at: Date;
}

export const addressProofSchema = rowSchema<AddressProofRow>({
  _id: String,
  workspace_id: requiredString,
  workspace_email_id: requiredString,
  address: requiredString,
  state: requiredString,
  proved_by: nullableString,
  expires_at: Date,
  run: { type: Number, required: true },
  wants_start: { type: Boolean, required: true },
  dns_value: requiredString,
  dns_found: [String],
  dns_note: nullableString,
  dns_checked_at: nullableDate,
  check_wanted_at: nullableDate,
  code_wanted_at: nullableDate,
  codes: [{ _id: false, hash: String, salt: String, sent_at: Date, expires_at: Date }],
  tries: { type: Number, default: 0 },
  asked_at: [Date],
  references: [String],
  code_problem: nullableString,
  forwarding_seen_at: nullableDate,
  problem: nullableString,
  created_at: Date,
});
addressProofSchema.index({ workspace_id: 1, workspace_email_id: 1 });
addressProofSchema.index({ workspace_id: 1, state: 1 });
addressProofSchema.index({ workspace_id: 1, references: 1 });
addressProofSchema.index({ wants_start: 1 }, { partialFilterExpression: { wants_start: true } });
