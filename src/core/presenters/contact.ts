import { z } from 'zod';
import type { ContactRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

export const Contact = z
  .object({
    id: z.string(),
    email: z.string(),
    other_emails: z.array(z.string()).meta({ description: 'Of contacts that were merged into this one.' }),
    name: z.string(),
    notes: z.string(),
    blocked_at: Time.nullable(),
    created_at: Time,
    updated_at: Time,
    merged_into: z
      .string()
      .nullable()
      .meta({ description: 'The contact that it was merged into: webhooks tell it so.' }),
  })
  .meta({ id: 'Contact' });

/** @param others contacts that were merged into this one, as far as the user may see them. */
export function presentContact(row: ContactRow, others: ContactRow[]): z.input<typeof Contact> {
  return {
    id: row._id,
    email: row.email,
    other_emails: others.map(({ email }) => email),
    name: row.name,
    notes: row.notes ?? '',
    blocked_at: row.blocked_at ?? null,
    created_at: row.created_at,
    updated_at: row.updated_at ?? row.created_at,
    merged_into: row.merged_into ?? null,
  };
}
