import { Bot, Lock, Mails, TriangleAlert } from 'lucide-react';
import { Pill } from '../../components/Pill.tsx';
import type { People } from '../../lib/people.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { exact } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { MessageMenu } from './MessageMenu.tsx';
import { listed, type writerOf } from './recipients.ts';

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  people: People;
  writer: ReturnType<typeof writerOf>;
  time: string;
  details: boolean;
  onDetails: () => void;
  onEdit: () => void;
  onToggle: (id: string) => void;
}

/** Who wrote it, to whom, when, and what is to be known about it. */
export function MessageHead(props: Props) {
  const { message, writer, time, details, onDetails, onToggle } = props;
  const { meta } = words.thread;
  const isNote = message.direction === 'note';
  const at = message.sent_at ?? message.created_at;
  const address = message.direction === 'outbound' ? (message.sending_email ?? writer.email) : writer.email;
  return (
    <header className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2">
          <button
            type="button"
            dir="auto"
            onClick={() => onToggle(message.id)}
            aria-expanded
            className="max-w-full truncate rounded text-start font-semibold"
          >
            {writer.name}
          </button>
          {!isNote && address !== null && address !== writer.name && (
            <span className="min-w-0 truncate text-fg-3">
              {message.direction === 'outbound' ? meta.from(address) : address}
            </span>
          )}
          <Marks message={message} />
        </div>
        {!isNote && (
          <p className="text-s wrap-anywhere text-fg-3">
            <span>{peopleLine(message)}</span>
            <span aria-hidden>{' · '}</span>
            <button
              type="button"
              onClick={onDetails}
              aria-expanded={details}
              className="text-accent hover:underline"
            >
              {details ? meta.hideDetails : meta.details}
            </button>
          </p>
        )}
      </div>
      <time dateTime={at} title={exact(at)} className="shrink-0 pt-px text-s text-fg-3 tabular-nums">
        {time}
      </time>
      <MessageMenu {...props} name={writer.name} />
    </header>
  );
}

function Marks({ message }: { message: Message }) {
  const { proof, autoReply, listMail, note, edited } = words.thread;
  if (message.direction === 'note')
    return (
      <>
        <Pill tone="note" icon={Lock}>
          {note}
        </Pill>
        {message.edited_at != null && (
          <span className="text-s text-note" title={exact(message.edited_at)}>
            {edited}
          </span>
        )}
      </>
    );
  if (message.direction === 'outbound') return null;
  return (
    <>
      {!message.sender_known && (
        <Pill tone="warn" icon={TriangleAlert}>
          {message.sender_reason === 'stranger' ? proof.pill.stranger : proof.pill.unproved}
        </Pill>
      )}
      {message.auto_reply && <Pill icon={Bot}>{autoReply}</Pill>}
      {message.list_mail && <Pill icon={Mails}>{listMail}</Pill>}
    </>
  );
}

/** `to support@postroom.test, cc Lars Ek` */
function peopleLine({ direction, to, cc, bcc = [], to_email }: Message): string {
  const { meta } = words.thread;
  const first = to.length > 0 || to_email === null ? listed(to) : to_email;
  return [
    `${meta.to} ${first}`,
    cc.length > 0 && `${meta.cc} ${listed(cc)}`,
    direction === 'outbound' && bcc.length > 0 && `${meta.bcc} ${listed(bcc)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
