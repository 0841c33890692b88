import { TriangleAlert } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { words } from '../../words/index.ts';
import type { Warning } from './warnings.ts';

interface Props {
  warnings: readonly Warning[];
  onSend: () => void;
  onBack: () => void;
}

/** Asks before something goes out that may not be meant. */
export function CheckDialog({ warnings, onSend, onBack }: Props) {
  const { check } = words.composer;
  return (
    <Dialog
      title={check.title}
      onClose={onBack}
      footer={
        <>
          <Button onClick={onSend}>{check.send}</Button>
          <Button kind="main" autoFocus onClick={onBack}>
            {check.back}
          </Button>
        </>
      }
    >
      <ul className="grid gap-2">
        {warnings.map((warning) => (
          <li key={textOf(warning)} className="flex gap-2">
            <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-warn" />
            <span className="wrap-anywhere">{textOf(warning)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function textOf(warning: Warning): string {
  const { check } = words.composer;
  switch (warning.kind) {
    case 'noFile':
    case 'noSubject':
      return check[warning.kind];
    case 'noreply':
    case 'stranger':
      return check[warning.kind](warning.email);
    case 'replyTo':
      return check.replyTo(warning.email, warning.sender);
  }
}
