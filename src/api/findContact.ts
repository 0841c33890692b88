import { contactsSeenBy, mergedContactsSeenBy, type ApiUser } from '../core/presenters/visibility.ts';
import type { ContactRow, Models } from '../infra/models/index.ts';
import { notFound, Problem } from './problem.ts';

/**
 * A contact that the user may see.
 * @throws Problem 404; with `merged_into` where it was merged into a contact that the user may see
 */
export async function findContact(
  models: Models,
  id: string | undefined,
  user: ApiUser,
): Promise<ContactRow> {
  const row = await findContactOrMerged(models, id, user);
  if (row.merged_into === undefined) return row;
  const { merged_into } = row;
  if (!(await models.Contact.exists({ ...contactsSeenBy(user), _id: merged_into }))) throw notFound();
  throw new Problem(404, `It was merged into the contact ${merged_into}.`, { members: { merged_into } });
}

/** The same, or the row that stayed of a contact that was merged. @throws Problem 404 */
export async function findContactOrMerged(
  models: Models,
  id: string | undefined,
  user: ApiUser,
): Promise<ContactRow> {
  const row =
    (await models.Contact.findOne({ ...contactsSeenBy(user), _id: id }).lean<ContactRow>()) ??
    (await models.Contact.findOne({ ...mergedContactsSeenBy(user), _id: id }).lean<ContactRow>());
  if (!row) throw notFound();
  return row;
}
