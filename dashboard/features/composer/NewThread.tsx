import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Bones } from '../../components/Bones.tsx';
import { classes } from '../../components/classes.ts';
import { Guard } from '../../components/Guard.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { X } from 'lucide-react';
import { useIntent } from '../../lib/intents.ts';
import { usePeople } from '../../lib/people.ts';
import { recall } from '../../lib/storage.ts';
import { words } from '../../words/index.ts';
import { parseAddresses } from './addresses.ts';
import type { DraftKeeper } from './DraftKeeper.ts';
import { EMPTY, isBlank, type Draft } from './draft.ts';
import { SaveLine } from './Modes.tsx';
import { emailsQuery } from '../../lib/emails.ts';
import { LAST_SENDER, sendersFor, usualSender } from './senders.ts';
import { useDraft } from './useDraft.ts';

const Box = lazy(() => import('./Box.tsx'));
const PLACE = { thread: null, slot: 'new' } as const;

/** Writes first, to anybody: a window at the lower edge that leaves the rest of the page as it is. */
export function NewThread({ workspace }: { workspace: string }) {
  const { composer } = words;
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState(0);
  const { keeper, draft, save } = useDraft(workspace, PLACE);
  const { me } = usePeople(workspace);
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const begin = async (to: string | undefined) => {
    const before = keeper.state.draft;
    // What is written to somebody else stays theirs.
    const isOthers = to !== undefined && before !== null && !isBlank(before);
    if (isOthers && !(await keeper.putAside())) return;
    const current = keeper.state.draft ?? { ...EMPTY, mode: 'new' as const };
    const senders = sendersFor(emails, me);
    const first = usualSender(senders, recall<string | null>(LAST_SENDER, null));
    keeper.change({
      ...current,
      from: current.from ?? first,
      to: to === undefined ? current.to : parseAddresses(to),
    });
  };
  useIntent('write', ({ to, draft: wanted }) => {
    setOpen(true);
    setAsked((before) => before + 1);
    void (wanted === undefined ? begin(to) : keeper.open(wanted));
  });
  const close = () => setOpen(false);
  if (!isOpen || draft === null) return null;
  return (
    <div
      role="dialog"
      aria-label={composer.new.title}
      className="fixed right-6 bottom-0 z-30 w-[640px] max-w-[calc(100vw-48px)] rounded-t-big border border-b-0 border-line bg-bg p-3 pb-4 shadow-float max-[720px]:inset-0 max-[720px]:w-auto max-[720px]:max-w-none max-[720px]:overflow-auto"
    >
      <header className="flex items-center gap-2 pb-2 pl-1">
        <h2 className="mr-auto text-l font-semibold">{composer.new.title}</h2>
        <SaveLine save={save} />
        <IconButton name={composer.close} icon={X} onClick={close} />
      </header>
      <Guard>
        <Suspense fallback={<Bones rows={2} height={100} />}>
          <Box
            workspace={workspace}
            place={PLACE}
            thread={undefined}
            messages={[]}
            keeper={keeper}
            draft={draft}
            asked={asked}
            head={<KindOf keeper={keeper} draft={draft} />}
            onClose={close}
            onSent={close}
          />
        </Suspense>
      </Guard>
    </div>
  );
}

/** Whether it opens a ticket or a conversation. */
function KindOf({ keeper, draft }: { keeper: DraftKeeper; draft: Draft }) {
  const { asTicket, asConversation, kind } = words.composer.new;
  const names = { ticket: asTicket, conversation: asConversation };
  return (
    <fieldset className="flex items-center gap-1 px-4 pt-2 text-s">
      <legend className="sr-only">{kind}</legend>
      {(['ticket', 'conversation'] as const).map((each) => (
        <label
          key={each}
          className={classes(
            'cursor-pointer rounded px-2 py-1 font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent',
            draft.newKind === each ? 'bg-bg-2 text-fg' : 'text-fg-3 hover:bg-bg-1',
          )}
        >
          <input
            type="radio"
            name={kind}
            className="sr-only"
            checked={draft.newKind === each}
            onChange={() => keeper.change({ ...draft, newKind: each })}
          />
          {names[each]}
        </label>
      ))}
    </fieldset>
  );
}
