import type { ContactRow, Models } from '../../infra/models/index.ts';
import { presentContact } from './contact.ts';
import { mergedContactsSeenBy, type ApiUser } from './visibility.ts';

/**
 * Contacts as JSON, with the addresses that were merged into them. Needs one more query, no matter how many
 * rows.
 */
export async function showContacts(models: Models, rows: ContactRow[], user: ApiUser) {
  const others = await models.Contact.find(
    { ...mergedContactsSeenBy(user), merged_into: { $in: rows.map(({ _id }) => _id) } },
    { words: 0 },
  )
    .sort({ created_at: 1, _id: 1 })
    .lean<ContactRow[]>();
  return rows.map((row) =>
    presentContact(
      row,
      others.filter((other) => other.merged_into === row._id),
    ),
  );
}
