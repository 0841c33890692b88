import { z } from 'zod';
import { INBOUND_STATES } from '../../infra/models/inboundEmail.ts';
import type { InboundEmailRow } from '../../infra/models/index.ts';
import { inboundWorkflowId } from '../../infra/temporal/ids.ts';
import type { Links } from './links.ts';
import { MailAddress, Time } from './schemas.ts';
import type { ApiUser } from './visibility.ts';

export const InboundEmail = z
  .object({
    id: z.string(),
    recipient: z.string(),
    state: z.enum(INBOUND_STATES),
    reason: z.string().nullable().meta({ description: 'Why the mail is held, skipped or failed.' }),
    stuck_since: Time.nullable().meta({
      description: 'Since when a received mail could not be processed. It is tried again all the time.',
    }),
    from: MailAddress.nullable(),
    subject: z.string().nullable(),
    workflow_id: z.string(),
    workflow_url: z.string().nullable().meta({ description: 'In the Temporal UI.' }),
    raw_url: z.string(),
    raw_deleted_at: Time.nullable(),
    classified_by: z.string().nullable(),
    about_message_id: z
      .string()
      .nullable()
      .meta({ description: 'Of a bounce: the message that it is about.' }),
    message_ids: z.array(z.string()),
    ticket_id: z.string().nullable(),
    conversation_id: z.string().nullable(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'InboundEmail' });

/** The fields that the presenter reads. The mail's texts and headers may have megabytes, and are not read. */
export const INBOUND_EMAIL_FIELDS = {
  recipient: 1,
  state: 1,
  reason: 1,
  stuck_since: 1,
  run: 1,
  'mail.from': 1,
  'mail.subject': 1,
  classified_by: 1,
  about_message_id: 1,
  message_ids: 1,
  ticket_id: 1,
  conversation_id: 1,
  raw_deleted_at: 1,
  created_at: 1,
  updated_at: 1,
} as const;

/** The messages and threads named by the rows that the user may see. */
export interface SeenIds {
  messages: ReadonlySet<string>;
  threads: ReadonlySet<string>;
}

export function presentInboundEmail(
  row: InboundEmailRow,
  seen: SeenIds,
  user: ApiUser,
  links: Links,
): z.input<typeof InboundEmail> {
  const thread = (id: string | null): string | null => (id !== null && seen.threads.has(id) ? id : null);
  return {
    id: row._id,
    recipient: row.recipient,
    state: row.state,
    reason: row.reason,
    stuck_since: row.state === 'received' ? (row.stuck_since ?? null) : null,
    from: row.mail?.from ?? null,
    subject: row.mail?.subject ?? null,
    workflow_id: inboundWorkflowId(row._id, row.run),
    workflow_url: links.workflow(row._id, row.run),
    raw_url: links.raw(user, row._id),
    raw_deleted_at: row.raw_deleted_at,
    classified_by: row.classified_by,
    about_message_id:
      row.about_message_id && seen.messages.has(row.about_message_id) ? row.about_message_id : null,
    message_ids: row.message_ids.filter((id) => seen.messages.has(id)),
    ticket_id: thread(row.ticket_id),
    conversation_id: thread(row.conversation_id),
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
