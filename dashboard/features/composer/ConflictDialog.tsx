import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { usePeople } from '../../lib/people.ts';
import type { Message } from '../../lib/rows.ts';
import { ownText } from '../../lib/quotes.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';

interface Props {
  workspace: string;
  /** What came since the agent began. */
  messages: readonly Message[];
  onLook: () => void;
  onSend: () => void;
}

const MOST_CHARS = 400;

/** Somebody wrote while the answer was written: shows what, and asks. Nothing was sent. */
export function ConflictDialog({ workspace, messages, onLook, onSend }: Props) {
  const people = usePeople(workspace);
  const { conflict } = words.composer;
  return (
    <Dialog
      wide
      title={conflict.title}
      hint={messages.length > 0 ? conflict.hint(messages.length) : conflict.changed}
      onClose={onLook}
      footer={
        <>
          <Button onClick={onSend}>{conflict.send}</Button>
          <Button kind="main" autoFocus onClick={onLook}>
            {conflict.look}
          </Button>
        </>
      }
    >
      <ul className="grid gap-3">
        {messages.map((message) => {
          const person = message.sender ?? message.from;
          const name =
            message.direction === 'inbound'
              ? person?.name || person?.email
              : people.nameOf(message.author_id) || words.thread.someone;
          return (
            <li key={message.id} className="rounded-big border border-line p-3">
              <p className="flex justify-between gap-2 pb-1">
                <span className="font-semibold">{name}</span>
                <span className="text-s text-fg-3">{moment(message.created_at, new Date())}</span>
              </p>
              <p dir="auto" className="wrap-anywhere whitespace-pre-wrap">
                {ownText(message.text).slice(0, MOST_CHARS)}
              </p>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
