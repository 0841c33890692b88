import type { WorkspaceEmailRow } from '../../models/index.ts';

export function presentWorkspaceEmail(row: WorkspaceEmailRow) {
  return {
    id: row._id,
    address: row.address,
    display_name: row.display_name,
    purpose: row.purpose,
    user_id: row.user_id,
    kind: row.kind,
    proved_at: row.proved_at,
    can_receive: row.can_receive,
    can_send: row.can_send,
    active: row.active,
    created_at: row.created_at,
  };
}
