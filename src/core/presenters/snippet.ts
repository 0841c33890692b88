import { z } from 'zod';
import type { SnippetRow } from '../../infra/models/index.ts';
import { ThreadChange } from './message.ts';
import { Time } from './schemas.ts';

export const Snippet = z
  .object({
    id: z.string(),
    name: z.string(),
    shortcut: z.string().nullable().meta({ description: 'Typed to find it.' }),
    text: z.string(),
    html: z
      .string()
      .nullable()
      .meta({
        description:
          'Sanitised. Text and HTML may have `{{contact.name}}`, `{{contact.first_name}}`, `{{agent.name}}`, ' +
          '`{{ticket.number}}`, `{{ticket.subject}}` and `{{workspace.name}}`, which the page fills in.',
      }),
    changes: ThreadChange.nullable().meta({ description: 'How a message with it changes its thread.' }),
    shared: z.boolean().meta({ description: 'True: every member sees and changes it.' }),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Snippet' });

export const presentSnippet = (row: SnippetRow): z.input<typeof Snippet> => ({
  id: row._id,
  name: row.name,
  shortcut: row.shortcut,
  text: row.text,
  html: row.html,
  changes: row.thread_change,
  shared: row.audience === 'shared',
  created_at: row.created_at,
  updated_at: row.updated_at,
});
