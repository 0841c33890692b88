import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

/** A link with which a user can set their password, accept an invitation or end their tokens, once. */
export interface PasswordLinkRow {
  /** SHA-256 of its token, hex. */
  _id: string;
  user_id: string;
  /**
   * Set when the link was shown to an owner of this workspace: it works only while the user is a member of no
   * other one. Null: the link was mailed to the user, and using it proves that the address is theirs.
   */
  workspace_id: string | null;
  /** The workspace whose invitation its use accepts. Null or missing: none. */
  accepts?: string | null;
  /** It only accepts that invitation: the user has a password, which stays. */
  keeps_password?: boolean;
  /** It only ends the API tokens of the user. */
  ends_tokens?: boolean;
  expires_at: Date;
  created_at: Date;
}
export const passwordLinkSchema = rowSchema<PasswordLinkRow>({
  _id: String,
  user_id: requiredString,
  workspace_id: nullableString,
  accepts: nullableString,
  keeps_password: { type: Boolean, default: false },
  ends_tokens: { type: Boolean, default: false },
  expires_at: Date,
  created_at: Date,
});
passwordLinkSchema.index({ user_id: 1 });
passwordLinkSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });

/** A browser that is signed in. */
export interface SessionRow {
  /** SHA-256 of the cookie's token, hex. */
  _id: string;
  user_id: string;
  user_agent: string;
  /** Precise to the hour. */
  last_seen_at: Date;
  /** Moved on while the session is used. */
  expires_at: Date;
  /** When the user last gave their password in it. Missing: before it was kept. */
  password_at?: Date | null;
  created_at: Date;
}
export const sessionSchema = rowSchema<SessionRow>({
  _id: String,
  user_id: requiredString,
  user_agent: { type: String, default: '' },
  last_seen_at: Date,
  expires_at: Date,
  password_at: nullableDate,
  created_at: Date,
});
sessionSchema.index({ user_id: 1, created_at: -1 });
sessionSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });

export const ACCESS_MAIL_STATES = ['wanted', 'sent', 'failed'] as const;

/**
 * An invitation, a password mail or a list of tokens that must be sent, or was. The row holds no link: that is made when the mail
 * is sent.
 */
export interface AccessMailRow {
  /** `invitation/<workspace id>/<user id>`, or a new id. */
  _id: string;
  /** `tokens`: lists the API tokens of the user, with a link that ends them. */
  kind: 'invitation' | 'reset' | 'tokens';
  /** The recipient; there may be no user with this address. */
  email: string;
  /** Only of an invitation. */
  workspace_id: string | null;
  state: (typeof ACCESS_MAIL_STATES)[number];
  /** Why the last try failed, as a sentence; null when none failed. */
  reason: string | null;
  tries: number;
  /**
   * Not tried before this. A worker that takes the row first moves this on, as a lease, so that no other
   * takes it too.
   */
  next_try_at: Date;
  wanted_at: Date;
  sent_at: Date | null;
  created_at: Date;
}
export const accessMailSchema = rowSchema<AccessMailRow>({
  _id: String,
  kind: requiredString,
  email: requiredString,
  workspace_id: nullableString,
  state: requiredString,
  reason: nullableString,
  tries: { type: Number, default: 0 },
  next_try_at: Date,
  wanted_at: Date,
  sent_at: nullableDate,
  created_at: Date,
});
accessMailSchema.index({ state: 1, next_try_at: 1 });
accessMailSchema.index({ created_at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });
