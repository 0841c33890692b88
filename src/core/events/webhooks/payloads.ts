import { z } from 'zod';
import { Contact } from '../../presenters/contact.ts';
import { Domain } from '../../presenters/domain.ts';
import { Message } from '../../presenters/message.ts';
import { Conversation, Ticket } from '../../presenters/thread.ts';
import { WorkspaceEmail } from '../../presenters/workspaceEmail.ts';
import { Time } from '../../presenters/schemas.ts';
import { WEBHOOK_EVENTS } from '../../../infra/models/eventTypes.ts';

/** Of a deleted row only the id is left. */
const Deleted = z.object({ id: z.string() });

/** A message with its thread's id. Endpoints receive shared conversations only, so `owner_id` is null. */
const InTicket = Message.extend({ ticket_id: z.string() });
const InConversation = Message.extend({ conversation_id: z.string(), owner_id: z.null() });
const InAnyThread = Message.extend({
  ticket_id: z.string().optional(),
  conversation_id: z.string().optional(),
});

/** What a thread is for one user. */
const OF_A_USER = { unread: true, followed: true } as const;

const ROWS: Record<string, z.ZodType> = {
  ticket: Ticket.omit(OF_A_USER),
  conversation: Conversation.omit(OF_A_USER),
  contact: Contact,
  message: InAnyThread,
  email: WorkspaceEmail,
  domain: Domain,
  'ticket.message_created': InTicket,
  'conversation.message_created': InConversation,
};

/** Schema of what is posted to endpoints, by event type (payload.ts makes `data`). */
export const payloadSchemas: Record<string, z.ZodType> = Object.fromEntries(
  WEBHOOK_EVENTS.map((type) => {
    const row = ROWS[type] ?? ROWS[type.split('.')[0]!]!;
    return [type, z.object({ type: z.literal(type), timestamp: Time, data: z.union([row, Deleted]) })];
  }),
);
