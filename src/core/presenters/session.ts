import { z } from 'zod';
import { ACCEPTED } from '../../infra/models/workspace.ts';
import { confirmedUntil } from '../access/sessions.ts';
import type { MemberRow, Models, SessionRow, UserRow } from '../../infra/models/index.ts';
import { ROLES } from '../../infra/models/workspace.ts';
import { Time } from './schemas.ts';

export const Session = z
  .object({
    user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
    memberships: z.array(z.object({ workspace_id: z.string(), name: z.string(), role: z.enum(ROLES) })),
    expires_at: Time.meta({ description: 'Moves on while the session is used.' }),
    confirmed_until: Time.meta({
      description: 'Until then it may do what asks for the password; `POST /session/password` moves it on.',
    }),
  })
  .meta({ id: 'Session' });

export const OpenSession = z
  .object({
    user_agent: z.string(),
    is_this_one: z.boolean(),
    created_at: Time,
    last_seen_at: Time.meta({ description: 'Accurate to the hour.' }),
    expires_at: Time,
  })
  .meta({ id: 'OpenSession' });

/** A session with its user and their memberships. */
export async function showSession(models: Models, session: SessionRow): Promise<z.input<typeof Session>> {
  const { user_id, expires_at } = session;
  const [user, members] = await Promise.all([
    models.User.findById(user_id).orFail().lean<UserRow>(),
    models.Member.find({ user_id, ...ACCEPTED }).lean<MemberRow[]>(),
  ]);
  const workspaces = await models.Workspace.find(
    { _id: { $in: members.map(({ workspace_id }) => workspace_id) } },
    { name: 1 },
  ).lean();
  return {
    user: { id: user._id, email: user.email, name: user.name },
    memberships: members.map(({ workspace_id, role }) => ({
      workspace_id,
      name: workspaces.find(({ _id }) => _id === workspace_id)?.name ?? '',
      role,
    })),
    expires_at,
    confirmed_until: new Date(confirmedUntil(session)),
  };
}

/** @param currentId id of the session that asks */
export function presentOpenSession(row: SessionRow, currentId: string): z.input<typeof OpenSession> {
  return {
    user_agent: row.user_agent,
    is_this_one: row._id === currentId,
    created_at: row.created_at,
    last_seen_at: row.last_seen_at,
    expires_at: row.expires_at,
  };
}
