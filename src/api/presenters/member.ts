import type { AccessMailRow, MemberRow, UserRow } from '../../models/index.ts';

/** A member; `id` is their user's. `invitation` is the last mail to them about it, null where there is none (any more). */
export function presentMember(
  { user_id, role }: MemberRow,
  user: UserRow | undefined,
  mail: AccessMailRow | undefined,
) {
  return {
    id: user_id,
    email: user?.email ?? null,
    name: user?.name ?? '',
    role,
    has_password: Boolean(user?.password_hash),
    invitation: mail
      ? {
          state: mail.state,
          reason: mail.reason,
          asked_at: mail.wanted_at.toISOString(),
          sent_at: mail.sent_at?.toISOString() ?? null,
        }
      : null,
  };
}
