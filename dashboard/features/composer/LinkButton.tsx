import type { Editor } from '@tiptap/core';
import { Link } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Field } from '../../components/Field.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { words } from '../../words/index.ts';
import { hrefOf } from './href.ts';

/** Makes the chosen words a link; without chosen words the address itself stands in the text. */
export function LinkButton({ editor, isOn }: { editor: Editor; isOn: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const [href, setHref] = useState('');
  const { composer } = words;
  const open = (wanted: boolean) => {
    if (wanted) setHref((editor.getAttributes('link').href as string | undefined) ?? '');
    setOpen(wanted);
  };
  const set = () => {
    const url = hrefOf(href.trim());
    if (url === null) return;
    const chain = editor.chain().focus();
    if (editor.state.selection.empty && !editor.isActive('link'))
      chain
        .insertContent({ type: 'text', text: href.trim(), marks: [{ type: 'link', attrs: { href: url } }] })
        .run();
    else chain.extendMarkRange('link').setLink({ href: url }).run();
    setOpen(false);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={open}>
      <Popover.Trigger asChild>
        <IconButton name={composer.link} icon={Link} on={isOn} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          sideOffset={4}
          collisionPadding={8}
          aria-label={composer.link}
          className="z-50 w-80 rounded-big border border-line bg-bg p-3 shadow-float"
        >
          <form
            className="grid gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              set();
            }}
          >
            <Field
              autoFocus
              label={composer.linkAddress}
              value={href}
              onChange={({ target }) => setHref(target.value)}
            />
            <div className="flex gap-2">
              <Button kind="main" type="submit" disabled={hrefOf(href.trim()) === null}>
                {composer.setLink}
              </Button>
              {isOn && (
                <Button
                  onClick={() => {
                    editor.chain().focus().extendMarkRange('link').unsetLink().run();
                    setOpen(false);
                  }}
                >
                  {composer.removeLink}
                </Button>
              )}
            </div>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
