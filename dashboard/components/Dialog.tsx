import { Dialog as Radix } from 'radix-ui';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { words } from '../words/index.ts';
import { classes } from './classes.ts';
import { IconButton } from './IconButton.tsx';

/** A dialog in the middle, over a veil. Escape and a click beside it close it. */
export function Dialog({
  title,
  hint,
  onClose,
  children,
  footer,
  wide = false,
}: {
  title: string;
  hint?: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.32)]" />
        <Radix.Content
          onOpenAutoFocus={focusFirst}
          {...(hint === undefined && { 'aria-describedby': undefined })}
          className={classes(
            'fixed top-[10vh] outline-none left-1/2 z-50 flex max-h-[80vh] w-[calc(100vw-24px)] -translate-x-1/2 flex-col overflow-hidden rounded-[12px] border border-line bg-bg shadow-float',
            wide ? 'max-w-[760px]' : 'max-w-[480px]',
          )}
        >
          <header className="flex items-start gap-2 px-5 pt-4">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-l font-semibold">{title}</Radix.Title>
              {hint !== undefined && <Radix.Description className="text-fg-2">{hint}</Radix.Description>}
            </div>
            <IconButton name={words.close} icon={X} onClick={onClose} />
          </header>
          {/* What scrolls must be reached by the keyboard. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <div tabIndex={0} className="min-h-0 flex-1 overflow-auto px-5 py-4 outline-offset-[-2px]">
            {children}
          </div>
          {footer !== undefined && (
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What is marked as first, the first field, else the dialog itself: its button that closes is no place to begin. */
function focusFirst(event: Event): void {
  event.preventDefault();
  const dialog = event.currentTarget as HTMLElement;
  const first =
    dialog.querySelector<HTMLElement>('[data-first]') ??
    dialog.querySelector<HTMLElement>('input, textarea, [contenteditable]');
  (first ?? dialog).focus();
}
