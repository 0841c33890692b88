import { Blockquote } from '@tiptap/extension-blockquote';
import { Bold } from '@tiptap/extension-bold';
import { Document } from '@tiptap/extension-document';
import { HardBreak } from '@tiptap/extension-hard-break';
import { Heading } from '@tiptap/extension-heading';
import { Image } from '@tiptap/extension-image';
import { Italic } from '@tiptap/extension-italic';
import { BulletList, ListItem, ListKeymap, OrderedList } from '@tiptap/extension-list';
import { Mention } from '@tiptap/extension-mention';
import { Paragraph } from '@tiptap/extension-paragraph';
import { Table, TableCell, TableHeader, TableRow } from '@tiptap/extension-table';
import { Text } from '@tiptap/extension-text';
import { Underline } from '@tiptap/extension-underline';
import { Gapcursor, Placeholder, TrailingNode, UndoRedo } from '@tiptap/extensions';
import type { EditorProps } from './Editor.tsx';
import { Link } from './linkMark.ts';
import { matching } from './snippetText.ts';
import type { Suggesting } from './SuggestionList.tsx';

const MOST_SHOWN = 8;

interface Options {
  /** The properties as they are now: the editor is made once. */
  now: () => EditorProps;
  onSuggest: (suggesting: Suggesting | null) => void;
}

export interface SuggestionItem {
  id: string;
  label: string;
  hint: string | null;
}

/** What mail programs understand, and no more: one by one, since TipTap's kits bring code blocks and their like. */
export const TEXT = [
  Document,
  Paragraph,
  Text,
  HardBreak,
  Bold,
  Italic,
  Underline,
  Link,
  Heading.configure({ levels: [2, 3] }),
  Blockquote,
  BulletList,
  OrderedList,
  ListItem,
  ListKeymap,
  Table.configure({ resizable: false }),
  TableRow,
  TableHeader,
  TableCell,
  Gapcursor,
  TrailingNode,
  UndoRedo,
];

/** What assistive programs know of the text. */
export const attributesOf = (label: string): Record<string, string> => ({
  role: 'textbox',
  'aria-multiline': 'true',
  'aria-label': label,
  dir: 'auto',
  class: 'composer-text',
});

/** The extensions of one editor. */
export function extensionsFor({ now, onSuggest }: Options) {
  const people = (query: string): SuggestionItem[] =>
    now()
      .members.filter(({ name, email }) =>
        `${name} ${email ?? ''}`.toLowerCase().includes(query.toLowerCase()),
      )
      .slice(0, MOST_SHOWN)
      .map(({ id, name, email }) => ({ id, label: name || email || '', hint: email }));
  const snippets = (query: string): SuggestionItem[] =>
    matching(now().snippets, query)
      .slice(0, MOST_SHOWN)
      .map(({ id, name, shortcut }) => ({ id, label: name, hint: shortcut && `;${shortcut}` }));
  return [
    ...TEXT,
    Image.configure({ inline: true, allowBase64: true }),
    Placeholder.configure({ placeholder: () => now().placeholder }),
    Mention.configure({
      renderText: ({ node }) => `@${String(node.attrs.label ?? '')}`,
      renderHTML: ({ node }) => [
        'span',
        { 'data-type': 'mention', 'data-id': String(node.attrs.id), class: 'mention' },
        `@${String(node.attrs.label ?? '')}`,
      ],
      suggestions: [
        {
          char: '@',
          allow: () => now().isNote,
          items: ({ query }) => people(query),
          render: () => shownBy(onSuggest),
        },
        {
          char: ';',
          items: ({ query }) => snippets(query),
          render: () => shownBy(onSuggest),
          command: ({ editor, range, props }) => {
            const snippet = now().snippets.find(({ id }) => id === props.id);
            if (!snippet) return;
            editor.chain().focus().deleteRange(range).insertContent(now().onSnippet(snippet)).run();
          },
        },
      ],
    }),
  ];
}

interface Shown {
  items: unknown[];
  command: (props: never) => void;
  clientRect?: (() => DOMRect | null) | null | undefined;
}

/** Hands what is suggested to the page, and keys to what the page shows. */
function shownBy(onSuggest: (suggesting: Suggesting | null) => void) {
  let shown: Suggesting | null = null;
  const show = ({ items, command, clientRect }: Shown) => {
    const rect = clientRect?.() ?? null;
    shown =
      rect === null || items.length === 0
        ? null
        : { items: items as SuggestionItem[], rect, index: 0, onPick: (item) => command(item as never) };
    onSuggest(shown);
  };
  const move = (by: number) => {
    if (!shown) return;
    const { length } = shown.items;
    shown = { ...shown, index: (shown.index + by + length) % length };
    onSuggest(shown);
  };
  return {
    onStart: show,
    onUpdate: show,
    onExit: () => {
      shown = null;
      onSuggest(null);
    },
    onKeyDown: ({ event }: { event: KeyboardEvent }): boolean => {
      if (!shown) return false;
      if (event.key === 'ArrowDown') move(1);
      else if (event.key === 'ArrowUp') move(-1);
      else if (event.key === 'Enter' || event.key === 'Tab') shown.onPick(shown.items[shown.index]!);
      else if (event.key === 'Escape') onSuggest((shown = null));
      else return false;
      event.preventDefault();
      return true;
    },
  };
}
