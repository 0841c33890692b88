import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Avatar } from '../../components/Avatar.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field } from '../../components/Field.tsx';
import { showToast } from '../../lib/toasts.ts';
import { sentence } from '../../lib/problem.ts';
import type { Contact } from '../../lib/rows.ts';
import { useLate } from '../../lib/useLate.ts';
import { words } from '../../words/index.ts';
import { contactsQuery, mergeContact } from './contactQueries.ts';

const REST_MS = 150;

/** Asks with which contact this one is the same person. */
export function MergeContact({
  workspace,
  contact,
  onClose,
}: {
  workspace: string;
  contact: Contact;
  onClose: () => void;
}) {
  const { contacts } = words;
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const { data } = useQuery(contactsQuery(workspace, useLate(typed.trim(), REST_MS)));
  const others = data?.filter(({ id }) => id !== contact.id);
  const act = async (into: string) => {
    setBusy(true);
    try {
      await mergeContact(workspace, contact.id, into);
      showToast(contacts.merged);
      onClose();
    } catch (error) {
      setBusy(false);
      showToast(sentence(error), { tone: 'bad' });
    }
  };
  return (
    <Dialog title={contacts.mergeTitle} hint={contacts.mergeHint} onClose={onClose}>
      <Field
        autoFocus
        label={contacts.find}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <ul className="-mx-2 min-h-40 pt-3" aria-busy={data === undefined}>
        {others?.map(({ id, name, email }) => (
          <li key={id}>
            <button
              type="button"
              disabled={isBusy}
              aria-label={contacts.mergeAct(name || email)}
              onClick={() => void act(id)}
              className="flex w-full items-center gap-2 rounded px-2 py-1.5 text-start hover:bg-bg-2 pointer-coarse:py-3"
            >
              <Avatar name={name || email} size={24} />
              <span className="truncate">{name || email}</span>
              <span className="min-w-0 truncate text-fg-3">{name !== '' && email}</span>
            </button>
          </li>
        ))}
        {others?.length === 0 && <li className="p-2 text-fg-3">{contacts.none}</li>}
      </ul>
    </Dialog>
  );
}
