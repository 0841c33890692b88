import { z } from 'zod';
import type { SignalRow } from '../../infra/models/index.ts';
import { SIGNAL_TYPES } from '../../infra/models/signal.ts';
import { Time } from './schemas.ts';

/** Somebody who has a thread open. */
export const Presence = z
  .object({
    user_id: z.string(),
    viewing: z.boolean(),
    writing: z.boolean(),
    until: Time.meta({ description: 'It ends then, if it is not repeated.' }),
  })
  .meta({ id: 'Presence' });

export const Signal = z
  .object({
    type: z.enum(SIGNAL_TYPES),
    at: Time,
    data: z.object({
      ticket_id: z.string().optional(),
      conversation_id: z.string().optional(),
      draft_id: z.string().optional().meta({ description: 'Of `draft.updated`.' }),
      read: z.boolean().optional().meta({ description: 'Of `thread.read`.' }),
      ...Presence.partial().shape,
    }),
  })
  .meta({ id: 'Signal', description: 'An event of the stream that is not kept; it has no id.' });

export const presentPresence = (row: SignalRow): z.input<typeof Presence> => ({
  user_id: row.user_id,
  viewing: row.viewing,
  writing: row.writing,
  until: row.expires_at,
});

export function presentSignal(row: SignalRow): z.input<typeof Signal> {
  return {
    type: row.type,
    at: row.at,
    data: {
      ...(row.thread_kind && { [`${row.thread_kind}_id`]: row.thread_id }),
      ...(row.draft_id !== null && { draft_id: row.draft_id }),
      ...(row.type === 'thread.read' && { read: row.read }),
      ...(row.type === 'thread.presence' && presentPresence(row)),
    },
  };
}
