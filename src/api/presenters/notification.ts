import type { NotificationRow } from '../../models/index.ts';

export function presentNotification(row: NotificationRow) {
  return {
    id: row._id,
    type: row.type,
    ticket_id: row.thread_kind === 'ticket' ? row.thread_id : null,
    conversation_id: row.thread_kind === 'conversation' ? row.thread_id : null,
    message_id: row.message_id,
    email_id: row.workspace_email_id,
    domain_id: row.domain_id,
    read_at: row.read_at,
    created_at: row.created_at,
  };
}
