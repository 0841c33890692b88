import type { Models, SessionRow, UserRow } from '../../infra/models/index.ts';
import { hashToken, newToken } from '../../lib/tokens.ts';
import { wantTokenList } from './accessMails.ts';
import { endSessionTokens } from './apiTokens.ts';
import { isPassword } from './passwords.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/time.ts';

/** A session ends when it has not been used for this long … */
export const IDLE_MS = 14 * DAY_MS;
/** … and in any case this long after it began. */
const LONGEST_MS = 90 * DAY_MS;

/**
 * Signs a user in.
 * @returns the cookie's token, of which only a hash is stored; null when the password is wrong, or no user
 * has the address.
 */
export async function openSession(
  models: Models,
  { email, password, userAgent }: { email: string; password: string; userAgent: string },
): Promise<{ token: string; row: SessionRow } | null> {
  const user = await models.User.findOne({ email }).lean<UserRow>();
  if (!(await isPassword(user?.password_hash ?? null, password)) || !user) return null;
  const { token, row } = await newSession(models, user._id, userAgent);
  // A concurrent change of the password ended all sessions before this one was saved: it must not survive
  // that.
  if (await models.User.exists({ _id: user._id, password_hash: user.password_hash })) return { token, row };
  await models.Session.deleteOne({ _id: row._id });
  return null;
}

/** A session of a user whose identity is proved. @returns the cookie's token, of which only a hash is stored */
export async function newSession(
  models: Models,
  userId: string,
  userAgent: string,
): Promise<{ token: string; row: SessionRow }> {
  const token = newToken('session');
  const now = new Date();
  const row: SessionRow = {
    _id: hashToken(token),
    user_id: userId,
    user_agent: userAgent.slice(0, 300),
    last_seen_at: now,
    expires_at: new Date(now.getTime() + IDLE_MS),
    password_at: now,
    created_at: now,
  };
  await models.Session.create(row);
  return { token, row };
}

/** The session, if it is valid. Once an hour its end is moved on. @param now in ms */
export async function findSession(
  models: Models,
  token: string,
  now = Date.now(),
): Promise<{ row: SessionRow; renewed: boolean } | null> {
  const row = await models.Session.findById(hashToken(token)).lean<SessionRow>();
  if (!row || row.expires_at.getTime() <= now) return null;
  if (row.last_seen_at.getTime() > now - HOUR_MS) return { row, renewed: false };
  const end = Math.min(now + IDLE_MS, row.created_at.getTime() + LONGEST_MS);
  const seen = { last_seen_at: new Date(now), expires_at: new Date(end) };
  await models.Session.updateOne({ _id: row._id }, { $set: seen });
  return { row: { ...row, ...seen }, renewed: true };
}

/** For how long after the password was given a session may do what asks for it. */
const PASSWORD_COUNTS_MS = 10 * MINUTE_MS;

/** Until when the session may do that (ms); in the past = not any more. */
export const confirmedUntil = ({ password_at }: SessionRow): number =>
  (password_at?.getTime() ?? 0) + PASSWORD_COUNTS_MS;

/** Notes that the user gave their password again. @returns the session; null when the password is wrong */
export async function confirmPassword(
  models: Models,
  session: SessionRow,
  password: string,
): Promise<SessionRow | null> {
  const user = await models.User.findById(session.user_id).lean<UserRow>();
  if (!(await isPassword(user?.password_hash ?? null, password))) return null;
  const password_at = new Date();
  await models.Session.updateOne({ _id: session._id }, { $set: { password_at } });
  return { ...session, password_at };
}

/** Ends all sessions of a user, with the tokens that they have made; the user is mailed which others remain. */
export async function signOutEverywhere(models: Models, userId: string): Promise<void> {
  await models.connection.transaction(async (session) => {
    const user = await models.User.findById(userId, null, { session }).orFail().lean<UserRow>();
    await models.Session.deleteMany({ user_id: userId }, { session });
    await endSessionTokens(models, user, session);
    await wantTokenList(models, user, session);
  });
}
