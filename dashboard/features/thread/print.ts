import type { ThreadRef } from '../../lib/rows.ts';
import { viewUrl } from './MailFrame.tsx';

/** Prints one message: its own document, in a frame that nobody sees. */
export function printMessage(workspace: string, thread: ThreadRef, message: string): void {
  const frame = document.createElement('iframe');
  frame.src = viewUrl(workspace, thread, message, { images: false, quotes: true });
  // Printing asks the frame's window, so it is of the same origin; scripts stay switched off in it.
  frame.sandbox.add('allow-same-origin', 'allow-modals');
  frame.className = 'fixed size-0 border-0';
  frame.addEventListener('load', () => {
    frame.contentWindow?.addEventListener('afterprint', () => frame.remove());
    frame.contentWindow?.print();
  });
  document.body.append(frame);
}
