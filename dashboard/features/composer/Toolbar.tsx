import type { Editor } from '@tiptap/core';
import { Bold, Image, Italic, List, ListOrdered, Paperclip, Quote, Scissors, Table } from 'lucide-react';
import { useRef, useState } from 'react';
import { IconButton } from '../../components/IconButton.tsx';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { Pick } from '../../components/Pick.tsx';
import { words } from '../../words/index.ts';
import { LinkButton } from './LinkButton.tsx';
import { useActive } from './tiptap.tsx';
import type { Snippet } from '../../lib/snippets.ts';

const { composer } = words;

interface Props extends SnippetsProps {
  editor: Editor;
  onPictures: (files: File[]) => void;
  onFiles: (files: File[]) => void;
}

const ACTIVE = ['bold', 'italic', 'bulletList', 'orderedList', 'blockquote', 'table', 'link'];

/** The tools of the text. */
export function Toolbar({ editor, snippets, onSnippet, onPictures, onFiles }: Props) {
  const on = useActive(editor, ACTIVE);
  const chain = () => editor.chain().focus();
  return (
    <div role="toolbar" aria-label={composer.formatting} className="flex flex-wrap items-center gap-0.5">
      <IconButton
        name={composer.bold}
        icon={Bold}
        keys="Mod+b"
        on={on.has('bold')}
        onClick={() => chain().toggleBold().run()}
      />
      <IconButton
        name={composer.italic}
        icon={Italic}
        keys="Mod+i"
        on={on.has('italic')}
        className="@max-[480px]:hidden"
        onClick={() => chain().toggleItalic().run()}
      />
      <IconButton
        name={composer.bullets}
        icon={List}
        on={on.has('bulletList')}
        className="@max-[380px]:hidden"
        onClick={() => chain().toggleBulletList().run()}
      />
      <IconButton
        name={composer.numbers}
        icon={ListOrdered}
        on={on.has('orderedList')}
        className="@max-[580px]:hidden"
        onClick={() => chain().toggleOrderedList().run()}
      />
      <IconButton
        name={composer.quoteBlock}
        icon={Quote}
        on={on.has('blockquote')}
        className="@max-[580px]:hidden"
        onClick={() => chain().toggleBlockquote().run()}
      />
      <span className="contents @max-[420px]:hidden">
        <LinkButton editor={editor} isOn={on.has('link')} />
      </span>
      {on.has('table') ? <TableMenu editor={editor} /> : <NewTable editor={editor} />}
      <Files name={composer.attach} icon={Paperclip} onFiles={onFiles} />
      <Files
        name={composer.image}
        icon={Image}
        accept="image/png,image/jpeg,image/gif,image/webp"
        onFiles={onPictures}
      />
      <Snippets snippets={snippets} onSnippet={onSnippet} />
    </div>
  );
}

const NewTable = ({ editor }: { editor: Editor }) => (
  <IconButton
    name={composer.table}
    icon={Table}
    className="@max-[580px]:hidden"
    onClick={() => editor.chain().focus().insertTable({ rows: 2, cols: 2, withHeaderRow: false }).run()}
  />
);

function TableMenu({ editor }: { editor: Editor }) {
  const { tableAct } = composer;
  const chain = () => editor.chain().focus();
  return (
    <Menu trigger={<IconButton name={composer.table} icon={Table} on />}>
      <MenuItem onSelect={() => chain().addRowAfter().run()}>{tableAct.row}</MenuItem>
      <MenuItem onSelect={() => chain().addColumnAfter().run()}>{tableAct.column}</MenuItem>
      <MenuItem onSelect={() => chain().deleteRow().run()}>{tableAct.deleteRow}</MenuItem>
      <MenuItem onSelect={() => chain().deleteColumn().run()}>{tableAct.deleteColumn}</MenuItem>
      <MenuItem danger onSelect={() => chain().deleteTable().run()}>
        {tableAct.deleteTable}
      </MenuItem>
    </Menu>
  );
}

interface FilesProps {
  name: string;
  icon: typeof Paperclip;
  accept?: string;
  onFiles: (files: File[]) => void;
}

function Files({ name, icon, accept, onFiles }: FilesProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton name={name} icon={icon} onClick={() => field.current?.click()} />
      <input
        ref={field}
        type="file"
        hidden
        multiple
        accept={accept}
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file can be chosen again.
          target.value = '';
        }}
      />
    </>
  );
}

interface SnippetsProps {
  snippets: readonly Snippet[];
  onSnippet: (snippet: Snippet) => void;
}

function Snippets({ snippets, onSnippet }: SnippetsProps) {
  const [open, setOpen] = useState(false);
  return (
    <Pick
      name={composer.findSnippet}
      empty={composer.noSnippets}
      options={snippets.map(({ id, name, shortcut }) => ({ id, label: name, also: shortcut ?? '' }))}
      chosen={new Set()}
      open={open}
      onOpen={setOpen}
      onPick={(id) => {
        const snippet = snippets.find((each) => each.id === id);
        if (snippet) onSnippet(snippet);
      }}
      trigger={<IconButton name={composer.snippets} icon={Scissors} keys=";" />}
    />
  );
}
