import type { ContactRow, Models } from '../../infra/models/index.ts';
import { contactWords } from './contacts.ts';

/** The most words to search a contact by; those of a former name stay while there is room. */
const MAX_WORDS = 200;

/** The change of name and notes; null when the contact has them already. */
export function contactChange(
  row: ContactRow,
  { name, notes }: { name?: string | undefined; notes?: string | undefined },
): Partial<ContactRow> | null {
  const change: Partial<ContactRow> = {};
  if (notes !== undefined && notes !== row.notes) change.notes = notes;
  if (name !== undefined && name !== row.name) {
    change.name = name;
    const words = new Set([...contactWords({ email: row.email, name }), ...row.words]);
    change.words = [...words].slice(0, MAX_WORDS);
  }
  return Object.keys(change).length > 0 ? change : null;
}

/** The change that blocks a contact (its effect: applyToThread.ts); null when they are blocked already. */
export const blocking = ({ blocked_at }: ContactRow): Partial<ContactRow> | null =>
  blocked_at ? null : { blocked_at: new Date() };

/** The change that unblocks a contact; null when they are not blocked. */
export const unblocking = ({ blocked_at }: ContactRow): Partial<ContactRow> | null =>
  blocked_at ? { blocked_at: null } : null;

/**
 * Writes a change if the contact has not changed since it was read. @returns null when it has
 * @param visible filter of contacts that the user may see
 */
export function writeContactChange(
  models: Models,
  { _id, changes }: ContactRow,
  change: object,
  visible: object,
): Promise<ContactRow | null> {
  return models.Contact.findOneAndUpdate(
    { ...visible, _id, changes },
    { $set: { ...change, updated_at: new Date() }, $inc: { changes: 1 } },
    { returnDocument: 'after' },
  ).lean<ContactRow>();
}
