import { z } from 'zod';
import type { AccessMailRow, MemberRow, UserRow } from '../../infra/models/index.ts';
import { ACCESS_MAIL_STATES } from '../../infra/models/access.ts';
import { ROLES } from '../../infra/models/workspace.ts';
import { Time } from './schemas.ts';

const Invitation = z.object({
  state: z.enum(ACCESS_MAIL_STATES),
  reason: z.string().nullable().meta({ description: 'Why the mail could not be sent.' }),
  asked_at: Time,
  sent_at: Time.nullable(),
});
export const Member = z
  .object({
    id: z.string().meta({ description: 'The user’s id: the same in every workspace.' }),
    email: z.string().nullable(),
    name: z.string(),
    role: z.enum(ROLES),
    pending: z
      .boolean()
      .meta({ description: 'They have been invited and have not accepted: they have no access yet.' }),
    invitation: Invitation.nullable().meta({
      description: 'The last invitation mail; null when there is none (any more).',
    }),
  })
  .meta({ id: 'Member' });

/** @param mail the last invitation; undefined when there is none (any more). */
export function presentMember(
  { user_id, role, pending_since, invited_name }: MemberRow,
  user: UserRow | undefined,
  mail: AccessMailRow | undefined,
): z.input<typeof Member> {
  return {
    id: user_id,
    email: user?.email ?? null,
    // Their own name is their own until they have accepted.
    name: (pending_since ? invited_name : user?.name) ?? '',
    role,
    pending: Boolean(pending_since),
    invitation: mail
      ? {
          state: mail.state,
          reason: mail.reason,
          asked_at: mail.wanted_at,
          sent_at: mail.sent_at ?? null,
        }
      : null,
  };
}
