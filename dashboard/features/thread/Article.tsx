import { memo, useState } from 'react';
import { Avatar } from '../../components/Avatar.tsx';
import { classes } from '../../components/classes.ts';
import type { People } from '../../lib/people.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { Body } from './Body.tsx';
import { Deliveries } from './Deliveries.tsx';
import { Details } from './Details.tsx';
import { Files } from './Files.tsx';
import { MessageHead } from './MessageHead.tsx';
import { NoteBody } from './NoteBody.tsx';
import { Proof } from './Proof.tsx';
import { writerOf } from './recipients.ts';

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  people: People;
  now: Date;
  isOpen: boolean;
  onToggle: (id: string) => void;
}

const LOOKS = {
  inbound: 'border-line bg-bg',
  outbound: 'border-line bg-bg-1',
  note: 'border-note-line bg-note-bg',
};

/** One message: a mail, an answer or a note. Folded it is a line. */
export const Article = memo(function Article(props: Props) {
  const { workspace, thread, message, people, now, isOpen, onToggle } = props;
  const [details, setDetails] = useState(false);
  const [isEdited, setEdited] = useState(false);
  const writer = writerOf(message, people.me, people.nameOf);
  const time = moment(message.sent_at ?? message.created_at, now);
  const isNote = message.direction === 'note';
  const name = (isNote ? words.thread.noteOf : words.thread.messageOf)(writer.name, time);
  const dimmed = message.state === 'cancelled';
  return (
    <article
      id={`message-${message.id}`}
      aria-label={name}
      tabIndex={-1}
      className={classes(
        'scroll-mt-4 overflow-hidden rounded-big border outline-offset-[-2px]',
        LOOKS[message.direction],
        dimmed && 'opacity-60',
      )}
    >
      {isOpen ? (
        <div className="flex gap-2.5 p-4 pt-3 max-[720px]:gap-2 max-[720px]:p-3">
          <Avatar
            name={writer.name === words.thread.you ? (people.nameOf(people.me) ?? '') : writer.name}
            me={writer.isMe}
          />
          <div className="min-w-0 flex-1">
            <MessageHead
              {...props}
              writer={writer}
              time={time}
              details={details}
              onDetails={() => setDetails(!details)}
              onEdit={() => setEdited(true)}
            />
            <div className="max-[720px]:-ml-[38px]">
              {details && <Details workspace={workspace} thread={thread} message={message} />}
              <div className="pt-1">
                <Proof message={message} />
                {isNote ? (
                  <NoteBody {...props} isEdited={isEdited} onDone={() => setEdited(false)} />
                ) : (
                  <Body workspace={workspace} thread={thread} message={message} />
                )}
              </div>
              <Files workspace={workspace} thread={thread} message={message} />
              <Deliveries workspace={workspace} thread={thread} message={message} />
            </div>
          </div>
        </div>
      ) : (
        <button
          type="button"
          aria-expanded={false}
          onClick={() => onToggle(message.id)}
          className="flex w-full items-center gap-2.5 px-4 py-2 text-start hover:bg-bg-2 max-[720px]:px-3"
        >
          <Avatar name={writer.name} me={writer.isMe} size={20} />
          <span className="max-w-[40%] shrink-0 truncate font-medium">{writer.name}</span>
          <span dir="auto" className="min-w-0 flex-1 truncate text-fg-3">
            {message.text.slice(0, 200)}
          </span>
          <span className="shrink-0 text-s text-fg-3 tabular-nums">{time}</span>
        </button>
      )}
    </article>
  );
});
