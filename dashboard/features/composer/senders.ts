import type { WorkspaceEmail } from '../../lib/rows.ts';

/** Those that can send for me: shared ones, and my own. Pure. */
export const sendersFor = (emails: readonly WorkspaceEmail[], me: string): WorkspaceEmail[] =>
  emails.filter(({ can_send, user_id }) => can_send && (user_id === null || user_id === me));

/** Where this browser keeps the address from which the last new message went out. */
export const LAST_SENDER = 'lastSender';

/** The address of a new message: that of the last one, else the oldest one for tickets. Pure. */
export function usualSender(senders: readonly WorkspaceEmail[], last: string | null): string | null {
  if (senders.some(({ address }) => address === last)) return last;
  const oldest = [...senders].sort((a, b) => a.created_at.localeCompare(b.created_at));
  return (
    (oldest.find(({ purpose, user_id }) => purpose === 'ticket' && user_id === null) ?? oldest[0])?.address ??
    null
  );
}
