import './editor.css';
import { Bold, Italic, List } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { IconButton } from '../../components/IconButton.tsx';
import { Latest } from '../../lib/latest.ts';
import { words } from '../../words/index.ts';
import { attributesOf, TEXT } from './extensions.ts';
import { LinkButton } from './LinkButton.tsx';
import { EditorContent, useActive, useEditor } from './tiptap.tsx';

interface Props {
  label: string;
  /** At first: it is not replaced later. */
  html: string;
  onChange: (html: string) => void;
  /** Beside the tools. @param insert puts text where the caret is */
  tools?: (insert: (text: string) => void) => ReactNode;
}

const ACTIVE = ['bold', 'italic', 'bulletList', 'link'];

/** A text with a few tools, for what is put into answers: signatures and snippets. */
export default function RichField({ label, html, onChange, tools }: Props) {
  const { composer } = words;
  const [newest] = useState(() => new Latest(onChange));
  useEffect(() => newest.set(onChange));
  const editor = useEditor(() => ({
    content: html,
    extensions: TEXT,
    editorProps: { attributes: attributesOf(label) },
    onUpdate: ({ editor: now }) => newest.get()(now.isEmpty ? '' : now.getHTML()),
  }));
  const on = useActive(editor, ACTIVE);
  const chain = () => editor.chain().focus();
  return (
    <div className="rounded border border-line-2 focus-within:outline-2 focus-within:outline-accent">
      <EditorContent editor={editor} className="max-h-60 min-h-20 overflow-auto px-2.5 py-2" />
      <div
        role="toolbar"
        aria-label={composer.formatting}
        className="flex flex-wrap items-center gap-0.5 border-t border-line p-1"
      >
        <IconButton
          name={composer.bold}
          icon={Bold}
          on={on.has('bold')}
          onClick={() => chain().toggleBold().run()}
        />
        <IconButton
          name={composer.italic}
          icon={Italic}
          on={on.has('italic')}
          onClick={() => chain().toggleItalic().run()}
        />
        <IconButton
          name={composer.bullets}
          icon={List}
          on={on.has('bulletList')}
          onClick={() => chain().toggleBulletList().run()}
        />
        <LinkButton editor={editor} isOn={on.has('link')} />
        {tools?.((text) => chain().insertContent({ type: 'text', text }).run())}
      </div>
    </div>
  );
}
