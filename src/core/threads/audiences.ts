import type { WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { Audience } from '../../infra/models/workspaceEmail.ts';

/** The audiences that every member of the workspace belongs to. */
export const EVERYONE = ['tickets', 'shared'];

/** Who may see mail to this address. */
export function audienceOf(email: WorkspaceEmailRow): Audience {
  if (email.team_id) return `team:${email.team_id}`;
  if (email.purpose === 'ticket') return 'tickets';
  return email.user_id === null ? 'shared' : `owner:${email.user_id}`;
}

/** What new mail to this address opens. */
export const kindOf = ({ purpose }: WorkspaceEmailRow): 'ticket' | 'conversation' =>
  purpose === 'ticket' ? 'ticket' : 'conversation';

/** Whether only some members see a thread with this audience: one user, or a team. */
export const isClosed = (audience: string): boolean => !EVERYONE.includes(audience);

/** Whether every member sees a row with these audiences. */
export const isEverybodys = (audiences: readonly string[]): boolean =>
  audiences.some((audience) => EVERYONE.includes(audience));

export const isReceivable = (email: WorkspaceEmailRow): boolean =>
  email.can_receive && email.active && email.deleted_at === null;
