import { ChevronDown, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Check } from '../../components/Check.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field } from '../../components/Field.tsx';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { Notice } from '../../components/Notice.tsx';
import { textOf, textToHtml } from '../../lib/htmlText.ts';
import { sentence } from '../../lib/problem.ts';
import type { Status } from '../../lib/rows.ts';
import { saveSnippet, type Snippet } from '../../lib/snippets.ts';
import { words } from '../../words/index.ts';
import type { RichText } from './field.ts';

interface Props {
  workspace: string;
  /** null: a new one. */
  snippet: Snippet | null;
  rich: RichText;
  onClose: () => void;
}
const STATUSES: Status[] = ['closed', 'pending', 'open'];

/** Makes a snippet, or changes one. */
export function SnippetDialog({ workspace, snippet, rich: Rich, onClose }: Props) {
  const { settings } = words;
  const [name, setName] = useState(snippet?.name ?? '');
  const [shortcut, setShortcut] = useState(snippet?.shortcut ?? '');
  const [html, setHtml] = useState(snippet?.html ?? textToHtml(snippet?.text ?? ''));
  const [shared, setShared] = useState(snippet?.shared ?? true);
  const [changes, setChanges] = useState(snippet?.changes ?? {});
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const text = textOf(html).trim();
  const save = async () => {
    setBusy(true);
    const isChange = Object.keys(changes).length > 0;
    const body = { name: name.trim(), shortcut: shortcut.trim() || null, text, html, shared };
    try {
      await saveSnippet(workspace, snippet?.id ?? null, { ...body, changes: isChange ? changes : null });
      onClose();
    } catch (error) {
      setFault(sentence(error));
      setBusy(false);
    }
  };
  const setStatus = (status: Status | undefined) => {
    const next = { ...changes, ...(status && { status }) };
    if (status === undefined) delete next.status;
    setChanges(next);
  };
  return (
    <Dialog wide title={snippet ? settings.editSnippet : settings.newSnippet} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="grid grid-cols-[minmax(0,1fr)_180px] items-start gap-3 max-[720px]:grid-cols-1">
          <Field
            autoFocus
            required
            dir="auto"
            maxLength={200}
            label={settings.snippetName}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
          <Field
            label={settings.shortcut}
            hint={settings.shortcutHint}
            maxLength={50}
            value={shortcut}
            onChange={({ target }) => setShortcut(target.value.replace(/[\s;]/g, ''))}
          />
        </div>
        <div className="grid gap-1">
          <p className="font-medium">{settings.text}</p>
          <Rich
            label={settings.text}
            html={html}
            onChange={setHtml}
            tools={(insert) => <Placeholders onPick={insert} />}
          />
        </div>
        <StatusChoice status={changes.status} onStatus={setStatus} />
        <Check label={settings.sharedSnippet} hint={settings.sharedHint} value={shared} onValue={setShared} />
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="main" type="submit" busy={isBusy} disabled={name.trim() === '' || text === ''}>
            {settings.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the page puts in their place when the snippet is used. */
function Placeholders({ onPick }: { onPick: (text: string) => void }) {
  const { placeholders, placeholderNames } = words.settings;
  return (
    <Menu
      trigger={
        <Button kind="quiet" icon={Plus}>
          {placeholders}
        </Button>
      }
    >
      {Object.entries(placeholderNames).map(([id, name]) => (
        <MenuItem key={id} onSelect={() => onPick(`{{${id}}}`)}>
          {name}
        </MenuItem>
      ))}
    </Menu>
  );
}

function StatusChoice(props: { status: Status | undefined; onStatus: (status: Status | undefined) => void }) {
  const { then, thenNothing, thenStatus } = words.settings;
  const { status, onStatus } = props;
  return (
    <div className="flex items-center gap-2">
      <span className="font-medium">{then}</span>
      <Menu
        trigger={
          <Button>
            {status === undefined ? thenNothing : thenStatus[status]}
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <MenuItem chosen={status === undefined} onSelect={() => onStatus(undefined)}>
          {thenNothing}
        </MenuItem>
        {STATUSES.map((each) => (
          <MenuItem key={each} chosen={each === status} onSelect={() => onStatus(each)}>
            {thenStatus[each]}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}
