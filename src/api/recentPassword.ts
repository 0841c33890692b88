import { confirmedUntil } from '../core/access/sessions.ts';
import type { ApiState } from './auth.ts';
import { Problem } from './problem.ts';

/** Why such a route refuses a session, in its description. */
export const PASSWORD_NEEDED =
  'In a session: the password was given more than ten minutes ago (`password_needed` is true). ' +
  '`POST /api/v1/session/password` takes it again.';

/**
 * What gives access that outlives a session asks for the password again: a stolen session must not make it
 * lasting. Tokens keep their scopes.
 * @throws Problem 403
 */
export function checkRecentPassword({ session }: ApiState): void {
  if (session && confirmedUntil(session) <= Date.now())
    throw new Problem(403, 'Enter your password again.', { members: { password_needed: true } });
}
