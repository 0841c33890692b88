import { TriangleAlert } from 'lucide-react';
import { useMe } from '../../lib/me.ts';
import type { Address, Message } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { sameAddress } from './addresses.ts';
import type { Draft } from './draft.ts';
import { addFormSender } from './formSenders.ts';

interface Props {
  workspace: string;
  answered: Message | null;
  draft: Draft;
  onChoose: (to: Address[]) => void;
}

/** The mail asks for answers to somebody else, and nothing proves that: the agent chooses. */
export function ReplyChoices({ workspace, answered, draft, onChoose }: Props) {
  const { choice } = words.composer;
  const isOwner = useMe(workspace)?.role === 'owner';
  const isReply = draft.mode === 'reply' || draft.mode === 'reply_all';
  const offered = (answered?.reply_choices ?? []).filter(
    ({ email }) => !draft.to.some((person) => sameAddress(person.email, email)),
  );
  const form = answered?.form_sender ?? null;
  if (!isReply || answered === null || offered.length === 0) return null;
  const always = async (service: NonNullable<typeof form>) => {
    if (await addFormSender(workspace, service)) onChoose([...answered.reply_choices]);
  };
  const asked = offered.map(({ email }) => email).join(', ');
  return (
    <div className="mx-4 mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 rounded bg-warn-bg px-2.5 py-1.5 text-s text-warn">
      <TriangleAlert size={15} strokeWidth={1.75} aria-hidden className="shrink-0" />
      <span className="min-w-40 flex-1 wrap-anywhere">{choice.asks(asked)}</span>
      <span className="flex flex-wrap gap-3">
        {offered.map((person) => (
          <Act key={person.email} onClick={() => onChoose([person])}>
            {choice.take(person.name || person.email)}
          </Act>
        ))}
        {isOwner && form !== null && (
          <Act onClick={() => void always(form)}>{choice.always(form.domain)}</Act>
        )}
      </span>
    </div>
  );
}

const Act = ({ onClick, children }: { onClick: () => void; children: string }) => (
  <button
    type="button"
    onClick={onClick}
    className="-my-1 py-1 text-start font-[550] underline underline-offset-2 hover:no-underline pointer-coarse:py-1.5"
  >
    {children}
  </button>
);
