import type { ContactRow } from '../../models/index.ts';

/** @param others contacts that were merged into this one, as far as the user may see them. */
export function presentContact(row: ContactRow, others: ContactRow[]) {
  return {
    id: row._id,
    email: row.email,
    other_emails: others.map(({ email }) => email),
    name: row.name,
    notes: row.notes ?? '',
    blocked_at: row.blocked_at ?? null,
    created_at: row.created_at,
    updated_at: row.updated_at ?? row.created_at,
  };
}
