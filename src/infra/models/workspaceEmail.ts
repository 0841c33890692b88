import { nullableDate, nullableString, requiredString, rowSchema, text } from './schema.ts';

/**
 * Who may see a thread and its mail: `tickets` and `shared` are for all members, `owner:<user id>` for one
 * user, `team:<id>` for the members of a team.
 */
export type Audience = 'tickets' | 'shared' | `owner:${string}` | `team:${string}`;

export const PURPOSES = ['ticket', 'inbox'] as const;
export const EMAIL_KINDS = ['platform', 'forwarding', 'domain'] as const;

/** An address of the workspace, with a purpose. */
export interface WorkspaceEmailRow {
  _id: string;
  workspace_id: string;
  /** Normalised (mail/addresses.ts). */
  address: string;
  display_name: string;
  purpose: (typeof PURPOSES)[number];
  /** With purpose `inbox`: the user of a personal address; null = shared. */
  user_id: string | null;
  /** The team that alone sees its mail; null = none. An address has no user and a team. */
  team_id: string | null;
  kind: (typeof EMAIL_KINDS)[number];
  /**
   * When it was proved that the address is the workspace's. Null: not yet (its mail is held) or no longer
   * (`expired_at`).
   */
  proved_at: Date | null;
  /** Proved and switched on. */
  can_receive: boolean;
  can_send: boolean;
  /** An owner has switched it off though it is proved. */
  receive_off: boolean;
  send_off: boolean;
  active: boolean;
  /** When its proof expired, or the workspace lost its domain: since then its mail is skipped. */
  expired_at: Date | null;
  /** The address could receive, but another workspace receives for it. */
  taken: boolean;
  /** Forwarding address of another address, to which this one's mail host forwards. Null: to its own. */
  shared_forwarding_id: string | null;
  /** When `user_id` last changed: mail that came before is not for the present user. */
  user_changed_at: Date | null;
  deleted_at: Date | null;
  created_at: Date;
  /** HTML below what is sent from it; sanitised. Null or missing: none. */
  signature?: string | null;
  /** Domains of form services, whose Reply-To is the contact (mail/formSenders.ts). Missing: none. */
  form_senders?: string[];
}
export const workspaceEmailSchema = rowSchema<WorkspaceEmailRow>({
  _id: String,
  workspace_id: requiredString,
  address: requiredString,
  display_name: text,
  purpose: requiredString,
  user_id: nullableString,
  team_id: nullableString,
  kind: requiredString,
  proved_at: nullableDate,
  can_receive: { type: Boolean, required: true },
  can_send: { type: Boolean, required: true },
  receive_off: { type: Boolean, default: false },
  send_off: { type: Boolean, default: false },
  active: { type: Boolean, required: true },
  expired_at: nullableDate,
  taken: { type: Boolean, default: false },
  shared_forwarding_id: nullableString,
  user_changed_at: nullableDate,
  deleted_at: nullableDate,
  created_at: Date,
  signature: nullableString,
  form_senders: { type: [String], default: undefined },
});
workspaceEmailSchema.index({ workspace_id: 1, address: 1 });
workspaceEmailSchema.index({ workspace_id: 1, created_at: -1, _id: -1 });
// Finds the recipient of a mail, whose workspace is not known yet. At most one row receives for an address
// (receiver.ts).
workspaceEmailSchema.index({ address: 1, created_at: 1 });

/** An address on the platform's own domain to which the customer's mail host forwards. */
export interface ForwardingAddressRow {
  _id: string;
  workspace_id: string;
  address: string;
  /** The parent workspace email: gets mail that names none of the workspace's addresses. */
  workspace_email_id: string;
  /** What the customer's mail host wants to be confirmed before it forwards here, newest last. */
  confirmations: Confirmation[];
  created_at: Date;
}

/** A mail host's request to confirm that mail may be forwarded to an address. */
export interface Confirmation {
  provider: string;
  /** The mailbox that will be forwarded; null when the mail does not say. */
  mailbox: string | null;
  code: string | null;
  link: string | null;
  inbound_email_id: string;
  at: Date;
}
export const forwardingAddressSchema = rowSchema<ForwardingAddressRow>({
  _id: String,
  workspace_id: requiredString,
  address: requiredString,
  workspace_email_id: requiredString,
  confirmations: [
    {
      _id: false,
      provider: String,
      mailbox: nullableString,
      code: nullableString,
      link: nullableString,
      inbound_email_id: String,
      at: Date,
    },
  ],
  created_at: Date,
});
forwardingAddressSchema.index({ address: 1 }, { unique: true });
forwardingAddressSchema.index({ workspace_id: 1, created_at: 1 });
