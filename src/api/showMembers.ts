import { invitationId } from '../core/access/accessMails.ts';
import { presentMember } from '../core/presenters/member.ts';
import type { MemberRow, Models, UserRow } from '../infra/models/index.ts';
import { etagOf } from './etag.ts';

/** A member's ETag: of what can be changed. */
export const memberTag = ({ _id, role }: MemberRow): string => etagOf('member', _id, role);

/** Members with their names and the state of their invitations. */
export async function showMembers(models: Models, rows: MemberRow[]) {
  const [users, mails] = await Promise.all([
    models.User.find({ _id: { $in: rows.map(({ user_id }) => user_id) } }).lean<UserRow[]>(),
    models.AccessMail.find({
      _id: { $in: rows.map(({ workspace_id, user_id }) => invitationId(workspace_id, user_id)) },
    }).lean(),
  ]);
  return rows.map((row) =>
    presentMember(
      row,
      users.find(({ _id }) => _id === row.user_id),
      mails.find(({ _id }) => _id === invitationId(row.workspace_id, row.user_id)),
    ),
  );
}

export async function showMember(models: Models, row: MemberRow) {
  const [shown] = await showMembers(models, [row]);
  return shown!;
}
