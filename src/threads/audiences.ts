import type { WorkspaceEmailRow } from '../models/index.ts';
import type { Audience } from '../models/workspaceEmail.ts';

/** Who may see mail to this address. */
export function audienceOf(email: WorkspaceEmailRow): Audience {
  if (email.purpose === 'ticket') return 'tickets';
  return email.user_id === null ? 'shared' : `owner:${email.user_id}`;
}

export const isReceivable = (email: WorkspaceEmailRow): boolean =>
  email.can_receive && email.active && email.deleted_at === null;
