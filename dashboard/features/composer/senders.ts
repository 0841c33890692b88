import type { WorkspaceEmail } from '../../lib/rows.ts';

/** Those that can send for me: shared ones, and my own. Pure. */
export const sendersFor = (emails: readonly WorkspaceEmail[], me: string): WorkspaceEmail[] =>
  emails.filter(({ can_send, user_id }) => can_send && (user_id === null || user_id === me));
