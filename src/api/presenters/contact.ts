import type { ContactRow } from '../../models/index.ts';

export function presentContact(row: ContactRow) {
  return { id: row._id, email: row.email, name: row.name, created_at: row.created_at };
}
