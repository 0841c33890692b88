import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { Pill } from '../../components/Pill.tsx';
import { sentence } from '../../lib/problem.ts';
import { deleteSnippet, saveSnippet, snippetsQuery, type Snippet } from '../../lib/snippets.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';
import type { RichText } from './field.ts';
import { Section } from './Section.tsx';
import { SnippetDialog } from './SnippetDialog.tsx';

/** The snippets that I can use: made, edited and deleted here. */
export function Snippets({ workspace, rich }: { workspace: string; rich: RichText }) {
  const { settings } = words;
  const { data: snippets } = useQuery(snippetsQuery(workspace));
  const [edited, setEdited] = useState<Snippet | 'new' | null>(null);
  return (
    <Section title={settings.snippets} hint={settings.snippetsHint}>
      {snippets?.length === 0 && <p className="text-fg-2">{settings.noSnippets}</p>}
      {snippets !== undefined && snippets.length > 0 && (
        <ul className="rounded-big border border-line">
          {snippets.map((snippet) => (
            <Row
              key={snippet.id}
              snippet={snippet}
              onEdit={() => setEdited(snippet)}
              onDelete={() => void remove(workspace, snippet)}
            />
          ))}
        </ul>
      )}
      <Button icon={Plus} className="justify-self-start" onClick={() => setEdited('new')}>
        {settings.newSnippet}
      </Button>
      {edited !== null && (
        <SnippetDialog
          workspace={workspace}
          snippet={edited === 'new' ? null : edited}
          rich={rich}
          onClose={() => setEdited(null)}
        />
      )}
    </Section>
  );
}

function Row(props: { snippet: Snippet; onEdit: () => void; onDelete: () => void }) {
  const { name, shortcut, text, shared } = props.snippet;
  const { settings } = words;
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <span dir="auto" className="truncate font-medium">
            {name}
          </span>
          {shortcut !== null && shortcut !== '' && (
            <code className="font-mono text-s text-fg-3">{`;${shortcut}`}</code>
          )}
          {!shared && <Pill>{settings.own}</Pill>}
        </p>
        <p dir="auto" className="truncate text-s text-fg-3">
          {text}
        </p>
      </div>
      <IconButton name={settings.change(name)} icon={Pencil} onClick={props.onEdit} />
      <IconButton name={settings.remove(name)} icon={Trash2} onClick={props.onDelete} />
    </li>
  );
}

async function remove(workspace: string, snippet: Snippet): Promise<void> {
  const said = (error: unknown) => void showToast(sentence(error), { tone: 'bad' });
  const { name, shortcut, text, html, changes, shared } = snippet;
  try {
    await deleteSnippet(workspace, snippet.id);
  } catch (error) {
    return said(error);
  }
  const again = () =>
    saveSnippet(workspace, null, { name, shortcut, text, html, changes, shared }).catch(said);
  showToast(words.settings.removed(name), { undo: { name: words.undo, act: () => void again() } });
}
