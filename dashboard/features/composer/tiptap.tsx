import { Editor, type EditorOptions } from '@tiptap/core';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';

/*
 * TipTap in React, as much of it as is needed here: its own package brings node views, menus and deep comparison.
 */

/** An editor for as long as the component lives. @param make is called once */
export function useEditor(make: () => Partial<EditorOptions>): Editor {
  const [editor] = useState(() => new Editor({ injectCSS: false, element: null, ...make() }));
  return editor;
}

/** Where the editor stands. */
export function EditorContent({ editor, className }: { editor: Editor; className: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    editor.mount(place.current!);
    return () => editor.unmount();
  }, [editor]);
  return <div ref={place} className={className} />;
}

/** Which of these marks and nodes the caret is in. */
export function useActive(editor: Editor, names: readonly string[]): ReadonlySet<string> {
  const active = useSyncExternalStore(
    (changed) => {
      editor.on('transaction', changed);
      return () => void editor.off('transaction', changed);
    },
    () => names.filter((name) => editor.isActive(name)).join(' '),
  );
  return new Set(active.split(' '));
}
