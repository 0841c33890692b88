import { Ban, Copy, Ellipsis, Merge, PenLine, Pencil } from 'lucide-react';
import { useState } from 'react';
import { Avatar } from '../../components/Avatar.tsx';
import { INPUT } from '../../components/Field.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { Menu, MenuItem, MenuLine } from '../../components/Menu.tsx';
import { Notice } from '../../components/Notice.tsx';
import { showToast } from '../../lib/toasts.ts';
import { ask } from '../../lib/intents.ts';
import { sentence } from '../../lib/problem.ts';
import type { Contact } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { changeContact, setBlocked } from './contactQueries.ts';
import { MergeContact } from './MergeContact.tsx';

/** Name and addresses of a person, and what can be done with them. */
export function ContactHead({ workspace, contact }: { workspace: string; contact: Contact }) {
  const [shown, setShown] = useState<'name' | 'merge' | null>(null);
  const { contacts } = words;
  const name = contact.name || contact.email;
  const isBlocked = contact.blocked_at !== null;
  return (
    <div className="grid gap-2">
      <div className="flex items-start gap-2.5">
        <Avatar name={name} size={40} />
        <div className="min-w-0 flex-1">
          {shown === 'name' ? (
            <NameField workspace={workspace} contact={contact} onDone={() => setShown(null)} />
          ) : (
            <h2 dir="auto" className="text-left font-semibold wrap-anywhere">
              {name}
            </h2>
          )}
          <p className="truncate text-fg-3" title={contact.email}>
            {contact.email}
          </p>
        </div>
        <Menu
          align="end"
          trigger={<IconButton name={contacts.more} icon={Ellipsis} className="-mt-1.5 -mr-1.5" />}
        >
          <MenuItem icon={PenLine} onSelect={() => ask('write', { to: contact.email })}>
            {contacts.write}
          </MenuItem>
          <MenuItem icon={Copy} onSelect={() => void copy(contact.email)}>
            {contacts.copy}
          </MenuItem>
          <MenuItem icon={Pencil} onSelect={() => setShown('name')}>
            {contacts.rename}
          </MenuItem>
          <MenuItem icon={Merge} onSelect={() => setShown('merge')}>
            {contacts.merge}
          </MenuItem>
          <MenuLine />
          <MenuItem
            icon={Ban}
            danger={!isBlocked}
            onSelect={() => void block(workspace, contact, !isBlocked)}
          >
            {isBlocked ? contacts.unblock : contacts.block}
          </MenuItem>
        </Menu>
      </div>
      {contact.other_emails.length > 0 && (
        <p className="text-s wrap-anywhere text-fg-3">
          {contacts.alsoKnown} {contact.other_emails.join(', ')}
        </p>
      )}
      {isBlocked && <Notice tone="warn">{contacts.blocked}</Notice>}
      {shown === 'merge' && (
        <MergeContact workspace={workspace} contact={contact} onClose={() => setShown(null)} />
      )}
    </div>
  );
}

function NameField({
  workspace,
  contact,
  onDone,
}: {
  workspace: string;
  contact: Contact;
  onDone: () => void;
}) {
  const [name, setName] = useState(contact.name);
  const keep = () => {
    onDone();
    if (name.trim() !== contact.name) changeContact(workspace, contact.id, { name: name.trim() }).catch(said);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <input
        autoFocus
        dir="auto"
        aria-label={words.contacts.name}
        value={name}
        onChange={({ target }) => setName(target.value)}
        onBlur={keep}
        onKeyDown={({ key }) => {
          if (key === 'Escape') onDone();
        }}
        className={INPUT}
      />
    </form>
  );
}

const said = (error: unknown): void => void showToast(sentence(error), { tone: 'bad' });

async function block(workspace: string, contact: Contact, isBlocked: boolean): Promise<void> {
  const { contacts } = words;
  const name = contact.name || contact.email;
  try {
    await setBlocked(workspace, contact.id, isBlocked);
    const undo = () => void setBlocked(workspace, contact.id, !isBlocked).catch(said);
    showToast(isBlocked ? contacts.blockedDone(name) : contacts.unblockedDone(name), {
      undo: { name: contacts.undo, act: undo },
    });
  } catch (error) {
    said(error);
  }
}

async function copy(email: string): Promise<void> {
  await navigator.clipboard.writeText(email);
  showToast(words.contacts.copied);
}
