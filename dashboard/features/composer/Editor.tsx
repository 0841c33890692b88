import './editor.css';
import type { Editor as TipTap } from '@tiptap/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Latest } from '../../lib/latest.ts';
import type { Member, Status } from '../../lib/rows.ts';
import { attributesOf, extensionsFor } from './extensions.ts';
import { filesOf } from './pasted.ts';
import type { Snippet } from '../../lib/snippets.ts';
import { SuggestionList, type Suggesting } from './SuggestionList.tsx';
import { EditorContent, useEditor } from './tiptap.tsx';
import { Toolbar } from './Toolbar.tsx';

export interface EditorProps {
  html: string;
  label: string;
  placeholder: string;
  isNote: boolean;
  /** It is being sent: nothing is written into it any more. */
  isBusy: boolean;
  /** How often the agent has asked to write here: each time the caret goes where it is needed. 0: it is only shown. */
  asked: number;
  /** It is needed in the text, not in the lines above. */
  takesCaret: boolean;
  members: readonly Member[];
  snippets: readonly Snippet[];
  onChange: (html: string) => void;
  onSend: (status?: Status) => void;
  /** Files that were pasted or dropped. */
  onFiles: (files: File[]) => void;
  /** Uploads a picture for the text. @returns its address here */
  onPicture: (file: File) => Promise<string | null>;
  onSnippet: (snippet: Snippet) => string;
  onEscape: () => void;
  /** Between the text and its tools. */
  between: ReactNode;
  /** At the end of the tools. */
  aside: ReactNode;
}

const refuse = (event: Event): true => {
  event.preventDefault();
  return true;
};

/** The text of what is written, with its tools below. Its HTML goes up with every key. */
export default function Editor(props: EditorProps) {
  const [newest] = useState(() => new Latest(props));
  useEffect(() => newest.set(props));
  const [suggesting, setSuggesting] = useState<Suggesting | null>(null);
  const [isSuggesting] = useState(() => new Latest(false));
  const [extensions] = useState(() =>
    extensionsFor({
      now: newest.get,
      onSuggest: (next) => {
        isSuggesting.set(next !== null);
        setSuggesting(next);
      },
    }),
  );
  const editor = useEditor(() => ({
    content: props.html,
    extensions,
    editorProps: {
      attributes: attributesOf(props.label),
      // The caret stays where it is: without it the keys would be commands of the page.
      handleDOMEvents: { beforeinput: (_view, event) => newest.get().isBusy && refuse(event) },
      handlePaste: (_view, event) =>
        newest.get().isBusy ? refuse(event) : takeFiles(event.clipboardData, event),
      handleDrop: (_view, event, _slice, isMoved) => !isMoved && takeFiles(event.dataTransfer, event),
      handleKeyDown: (_view, event) => {
        if (newest.get().isBusy && event.key !== 'Tab' && event.key !== 'Escape') return refuse(event);
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          newest.get().onSend(event.shiftKey ? 'closed' : undefined);
          return true;
        }
        if (event.key === 'Escape' && !isSuggesting.get()) {
          newest.get().onEscape();
          return true;
        }
        return false;
      },
    },
    onUpdate: ({ editor: changed }) => newest.get().onChange(changed.isEmpty ? '' : changed.getHTML()),
  }));
  const held = useRef<TipTap>(null);
  useEffect(() => {
    held.current = editor;
  });

  function takeFiles(data: DataTransfer | null, event: Event): boolean {
    const { pictures, files } = filesOf(data);
    if (pictures.length + files.length === 0) return false;
    event.preventDefault();
    void insertPictures(pictures);
    if (files.length > 0) newest.get().onFiles(files);
    return true;
  }
  async function insertPictures(pictures: readonly File[]): Promise<void> {
    for (const picture of pictures) {
      const src = await newest.get().onPicture(picture);
      if (src !== null) held.current?.chain().focus().setImage({ src, alt: picture.name }).run();
    }
  }

  const { asked } = props;
  useEffect(() => {
    if (asked > 0 && newest.get().takesCaret) editor.commands.focus('end');
  }, [editor, asked, newest]);

  // The text is replaced from outside only when another draft is shown, as after an undo.
  const { html } = props;
  useEffect(() => {
    if (!editor.isDestroyed && html !== (editor.isEmpty ? '' : editor.getHTML())) {
      editor.commands.setContent(html, { emitUpdate: false });
    }
  }, [editor, html]);

  return (
    <>
      <EditorContent
        editor={editor}
        aria-busy={props.isBusy}
        className="max-h-[38vh] min-h-16 overflow-auto px-4 py-2.5 text-l aria-busy:opacity-60"
      />
      {suggesting && <SuggestionList suggesting={suggesting} />}
      {props.between}
      <div className="flex items-end gap-0.5 border-t border-line px-2 py-1.5">
        <Toolbar
          editor={editor}
          snippets={props.snippets}
          onSnippet={(snippet) => editor.chain().focus().insertContent(props.onSnippet(snippet)).run()}
          onPictures={(pictures) => void insertPictures(pictures)}
          onFiles={props.onFiles}
        />
        <span className="ml-auto flex items-center gap-0.5">{props.aside}</span>
      </div>
    </>
  );
}
