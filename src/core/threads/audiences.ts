import type { WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { Audience } from '../../infra/models/workspaceEmail.ts';

/** The audiences that every member of the workspace belongs to. */
export const EVERYONE = ['tickets', 'shared'];

/** Who may see mail to this address. */
export function audienceOf(email: WorkspaceEmailRow): Audience {
  if (email.purpose === 'ticket') return 'tickets';
  return email.user_id === null ? 'shared' : `owner:${email.user_id}`;
}

/** Whether every member sees a row with these audiences. */
export const isEverybodys = (audiences: readonly string[]): boolean =>
  audiences.some((audience) => EVERYONE.includes(audience));

export const isReceivable = (email: WorkspaceEmailRow): boolean =>
  email.can_receive && email.active && email.deleted_at === null;
