import { useState } from 'react';
import { WhenDialog } from '../../components/WhenDialog.tsx';
import { words } from '../../words/index.ts';
import { CheckDialog } from './CheckDialog.tsx';
import { ConflictDialog } from './ConflictDialog.tsx';
import type { useSend } from './useSend.ts';

/** The questions of sending, one at a time. */
export function Asks({ workspace, sending }: { workspace: string; sending: ReturnType<typeof useSend> }) {
  const { composer } = words;
  const [cancelOnReply, setCancelOnReply] = useState(true);
  if (sending.warnings)
    return (
      <CheckDialog
        warnings={sending.warnings}
        onBack={sending.stopAsking}
        onSend={() => void sending.sendChecked()}
      />
    );
  if (sending.conflict)
    return (
      <ConflictDialog
        workspace={workspace}
        messages={sending.conflict}
        onLook={sending.stopAsking}
        onSend={() => void sending.sendAfter()}
      />
    );
  if (sending.isLater)
    return (
      <WhenDialog
        title={composer.sendLaterTitle}
        names={composer.later}
        other={composer.later.other}
        set={composer.later.set}
        tooEarly={composer.later.tooEarly}
        onClose={sending.stopAsking}
        onPick={(sendAt) => void sending.send({ sendAt, cancelOnReply })}
      >
        <label className="flex items-center gap-2 px-2 pt-2">
          <input
            type="checkbox"
            checked={cancelOnReply}
            onChange={({ target }) => setCancelOnReply(target.checked)}
            className="size-4 accent-accent"
          />
          {composer.cancelOnReply}
        </label>
      </WhenDialog>
    );
  return null;
}
