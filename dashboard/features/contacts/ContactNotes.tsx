import { useState } from 'react';
import { showToast } from '../../lib/toasts.ts';
import { sentence } from '../../lib/problem.ts';
import type { Contact } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { changeContact } from './contactQueries.ts';

/** What colleagues know about a person. It is kept when the field is left. */
export function ContactNotes({ workspace, contact }: { workspace: string; contact: Contact }) {
  const [notes, setNotes] = useState(contact.notes);
  const { contacts } = words;
  const name = contact.name.split(' ')[0] || contact.email;
  const keep = async () => {
    if (notes === contact.notes) return;
    try {
      await changeContact(workspace, contact.id, { notes });
      showToast(contacts.saved);
    } catch (error) {
      // What was written stays in the field.
      showToast(sentence(error), { tone: 'bad' });
    }
  };
  return (
    <section>
      <h3 className="pb-1.5 text-s font-[550] text-fg-3">{contacts.about(name)}</h3>
      <textarea
        dir="auto"
        aria-label={contacts.notes}
        placeholder={contacts.notesPlaceholder}
        value={notes}
        onChange={({ target }) => setNotes(target.value)}
        onBlur={() => void keep()}
        className="-mx-2 field-sizing-content min-h-16 w-[calc(100%+16px)] resize-none rounded border border-transparent bg-transparent px-2 py-1 text-fg-2 hover:border-line focus:border-line-2"
      />
    </section>
  );
}
