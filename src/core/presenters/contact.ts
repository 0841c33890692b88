import { z } from 'zod';
import type { ContactRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

export const Contact = z
  .object({
    id: z.string(),
    email: z.string(),
    other_emails: z
      .array(z.string())
      .meta({ description: 'Addresses of contacts that were merged into this one.' }),
    name: z.string(),
    notes: z.string(),
    blocked_at: Time.nullable(),
    created_at: Time,
    updated_at: Time,
    merged_into: z
      .string()
      .nullable()
      .meta({ description: 'The contact into which this one was merged; set only in webhooks.' }),
  })
  .meta({ id: 'Contact' });

/** @param others contacts that were merged into this one and that the user may see. */
export function presentContact(row: ContactRow, others: ContactRow[]): z.input<typeof Contact> {
  return {
    id: row._id,
    email: row.email,
    other_emails: others.map(({ email }) => email),
    name: row.name,
    notes: row.notes,
    blocked_at: row.blocked_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    merged_into: row.merged_into ?? null,
  };
}
