import { useNavigate, useParams } from '@tanstack/react-router';
import { Check, ChevronLeft, Moon, PanelRight, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { perform } from '../../actions/perform.ts';
import { Button } from '../../components/Button.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { useIntent } from '../../lib/intents.ts';
import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { actHere } from './actHere.ts';
import { change } from './changeText.ts';
import { Presence } from './Presence.tsx';
import { SnoozeDialog } from './SnoozeDialog.tsx';
import { SubjectField } from './SubjectField.tsx';
import { follow, makeTicket, mergeInto } from './threadActs.ts';
import { ThreadMenu } from './ThreadMenu.tsx';
import { ThreadPicker } from './ThreadPicker.tsx';

type Shown = 'snooze' | 'merge' | 'subject' | null;

/** What the thread is about, who else is here, and the acts of every day. */
export function ThreadHead({ workspace, thread }: { workspace: string; thread: Thread }) {
  const [shown, setShown] = useState<Shown>(null);
  useIntent('snooze', () => setShown('snooze'));
  useIntent('merge', () => setShown('merge'));
  useIntent('subject', () => setShown('subject'));
  useIntent('follow', () => void follow(workspace, thread));
  useIntent('makeTicket', () => void makeTicket(workspace, thread));
  const isClosed = thread.status === 'closed';
  const subject = thread.subject || words.thread.noSubject;
  const close = () => setShown(null);
  return (
    <header className="flex h-(--bar) shrink-0 items-center gap-1 border-b border-line px-3 max-[720px]:px-1.5">
      <BackToList workspace={workspace} />
      {shown === 'subject' ? (
        <SubjectField workspace={workspace} thread={thread} onDone={close} />
      ) : (
        <h1 className="mr-auto flex min-w-0 gap-1.5 text-l font-semibold tracking-[-0.01em]">
          <span dir="auto" title={subject} className="min-w-0 truncate text-left">
            {subject}
          </span>
          {thread.number !== null && (
            <span className="shrink-0 font-normal text-fg-3 tabular-nums">
              {words.thread.picker.number(thread.number)}
            </span>
          )}
        </h1>
      )}
      <Presence workspace={workspace} thread={thread} />
      <IconButton
        name={words.thread.snooze}
        icon={Moon}
        keys="b"
        className="max-[720px]:hidden"
        onClick={() => setShown('snooze')}
      />
      <IconButton name={words.acts.contact} icon={PanelRight} keys="]" onClick={() => perform('panel')} />
      <ThreadMenu workspace={workspace} thread={thread} onShow={setShown} />
      <Button
        icon={isClosed ? RotateCcw : Check}
        keys="e"
        onClick={() =>
          actHere(isClosed ? 'reopen' : 'close', () =>
            change(workspace, thread, { status: isClosed ? 'open' : 'closed' }),
          )
        }
      >
        {isClosed ? words.thread.reopen : words.thread.close}
      </Button>
      {shown === 'snooze' && <SnoozeDialog workspace={workspace} thread={thread} onClose={close} />}
      {shown === 'merge' && (
        <ThreadPicker
          workspace={workspace}
          thread={thread}
          contact={thread.contact?.id ?? null}
          text={words.thread.merge}
          onPick={(into) => mergeInto(workspace, thread, into)}
          onClose={close}
        />
      )}
    </header>
  );
}

/** On a phone the list is another screen. */
function BackToList({ workspace }: { workspace: string }) {
  const navigate = useNavigate();
  const { view = 'inbox' } = useParams({ strict: false });
  return (
    <IconButton
      name={words.thread.back}
      icon={ChevronLeft}
      className="min-[721px]:hidden"
      onClick={() =>
        void navigate({ to: '/w/$workspace/$view', params: { workspace, view }, search: (all) => all })
      }
    />
  );
}
