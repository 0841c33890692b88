import { WhenDialog } from '../../components/WhenDialog.tsx';
import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { leaveWith } from './actHere.ts';
import { change } from './changeText.ts';

/** Asks until when a thread is out of the open lists. */
export function SnoozeDialog({
  workspace,
  thread,
  onClose,
}: {
  workspace: string;
  thread: Thread;
  onClose: () => void;
}) {
  const { snoozeUntil: texts } = words.thread;
  return (
    <WhenDialog
      title={texts.title}
      hint={texts.hint}
      names={texts}
      other={texts.other}
      set={texts.set}
      tooEarly={texts.tooEarly}
      onClose={onClose}
      onPick={(at) => {
        onClose();
        leaveWith(() => change(workspace, thread, { snoozed_until: at.toISOString() }));
      }}
    />
  );
}
