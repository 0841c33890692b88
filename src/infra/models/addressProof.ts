import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

export const PROOF_STATES = ['pending', 'proved', 'expired', 'dropped'] as const;
export const PROOF_WAYS = ['code', 'returned mail', 'dns'] as const;

/**
 * How a workspace shows that an address elsewhere is its own. One for each address that it ever added: deleting the address
 * and adding it again resets no limit.
 */
export interface AddressProofRow {
  /** Hash of workspace and address. */
  _id: string;
  workspace_id: string;
  /** The row that the proof is for. */
  workspace_email_id: string;
  address: string;
  state: (typeof PROOF_STATES)[number];
  proved_by: (typeof PROOF_WAYS)[number] | null;
  expires_at: Date;
  /** Of the workflow: 1, and one more each time it is begun again. An older run writes nothing. */
  run: number;
  /** Its run is still to be started, or to be told. */
  wants_start: boolean;
  /** The TXT record's value (addresses/dnsProof.ts). */
  dns_value: string;
  /** What DNS answered last, and that in words. */
  dns_found: string[];
  dns_note: string | null;
  dns_checked_at: Date | null;
  /** Somebody asked for a look at DNS, or for a mail with a code, and the run has not come to it yet. */
  check_wanted_at: Date | null;
  code_wanted_at: Date | null;
  /** Codes that count, the newest last; two where a step that sends one ran twice. */
  codes: ProofCode[];
  /** Wrong tries since a code was asked for. */
  tries: number;
  /** When codes were asked for, in the last day. */
  asked_at: Date[];
  /** Hashes of the references in the mails that were sent: one that comes back is the proof. */
  references: string[];
  /** Why the last mail with a code did not go out; null = it did. */
  code_problem: string | null;
  /** When a mail to the address came back through a forwarding address: forwarding works. */
  forwarding_seen_at: Date | null;
  /** Why it is not proved though the proof is there. */
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
