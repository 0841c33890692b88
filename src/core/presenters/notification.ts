import { z } from 'zod';
import type { NotificationRow } from '../../infra/models/index.ts';
import { NOTIFICATION_TYPES } from '../../infra/models/notification.ts';
import { Time } from './schemas.ts';

export const Notification = z
  .object({
    id: z.string(),
    type: z.enum(NOTIFICATION_TYPES),
    ticket_id: z.string().nullable(),
    conversation_id: z.string().nullable(),
    message_id: z.string().nullable(),
    email_id: z.string().nullable().meta({ description: 'Id of a workspace email.' }),
    domain_id: z.string().nullable(),
    read_at: Time.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Notification', description: 'Ids of what the notification is about; the others are null.' });

export function presentNotification(row: NotificationRow): z.input<typeof Notification> {
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
