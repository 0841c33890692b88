import { memo } from 'react';
import { Check, Clock, CornerUpLeft, Moon, Paperclip, ShieldQuestionMark, TriangleAlert } from 'lucide-react';
import { classes } from '../../components/classes.ts';
import { Pill } from '../../components/Pill.tsx';
import type { Thread } from '../../lib/rows.ts';
import { age, exact, moment, span } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { whoOf } from './rowText.ts';

interface How {
  shiftKey: boolean;
  metaKey: boolean;
  ctrlKey: boolean;
  isTouch: boolean;
}

interface Props {
  thread: Thread;
  me: string;
  now: Date;
  /** It is open beside the list. */
  isOpen: boolean;
  /** The keyboard is on it. */
  isActive: boolean;
  isChosen: boolean;
  /** Some row is chosen: every row shows its box, which is how it goes on without a pointer that hovers. */
  isChoosing: boolean;
  /** It left the list, and stays in its place while the pointer is here. */
  isGone: boolean;
  onOpen: (thread: Thread, how: How) => void;
  onChoose: (thread: Thread, shift: boolean) => void;
  onNear: (thread: Thread) => void;
}

/** One thread of a list: who, what, how it stands. Three lines of one height, so that nothing jumps. */
export const Row = memo(function Row(props: Props) {
  const { thread, me, now, isOpen, isActive, isChosen, isChoosing, isGone, onOpen, onChoose, onNear } = props;
  const { unread, last_message: last } = thread;
  const who = whoOf(thread, me);
  const strong = unread && !isOpen;
  return (
    // The keyboard is the list's (aria-activedescendant): a row is no stop of its own.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={`row-${thread.id}`}
      role="option"
      aria-selected={isChosen || isOpen}
      onClick={({ shiftKey, metaKey, ctrlKey, nativeEvent }) => {
        const isTouch = (nativeEvent as PointerEvent).pointerType === 'touch';
        onOpen(thread, { shiftKey, metaKey, ctrlKey, isTouch });
      }}
      onContextMenu={(event) => {
        // A long press; a mouse has the box and its own menu.
        if ((event.nativeEvent as PointerEvent).pointerType !== 'touch') return;
        event.preventDefault();
        if (!isChosen) onChoose(thread, false);
      }}
      onPointerEnter={() => onNear(thread)}
      className={classes(
        'group relative grid h-(--row) cursor-default grid-cols-1 content-center gap-px border-b border-line pr-3.5 pl-[26px] select-none',
        isOpen ? 'bg-accent-bg' : isChosen ? 'bg-bg-2' : 'hover:bg-bg-1',
        isActive &&
          'shadow-[inset_2px_0_0_var(--accent)] outline-accent -outline-offset-2 group-focus-visible/list:outline-2',
        isGone && 'opacity-50',
      )}
    >
      <Box
        chosen={isChosen}
        always={isChoosing}
        unread={strong}
        onChoose={(shift) => onChoose(thread, shift)}
      />
      {unread && <span className="sr-only">{words.list.unread}</span>}
      <div className="flex items-baseline gap-2">
        <span
          dir="auto"
          className={classes(
            // A name is where names are, whichever way it is read.
            'min-w-0 flex-1 truncate text-left',
            strong ? 'font-semibold' : 'font-[450] text-fg-2',
          )}
        >
          {who}
        </span>
        <time
          dateTime={thread.last_message_at}
          title={exact(thread.last_message_at)}
          className="text-s text-fg-3 tabular-nums"
        >
          {age(thread.last_message_at, now, words.justNow)}
        </time>
      </div>
      <div className="flex items-center gap-1.5">
        <span
          dir="auto"
          className={classes('min-w-0 flex-1 truncate text-start', strong ? 'font-semibold' : 'text-fg-2')}
        >
          {thread.subject || words.list.noSubject}
        </span>
        <State thread={thread} now={now} />
      </div>
      <div className="flex items-center gap-1.5 text-s text-fg-3">
        {last?.sender_reason != null && <Doubt reason={last.sender_reason} />}
        {thread.has_attachments && <Paperclip size={13} aria-hidden className="shrink-0" />}
        {last?.direction === 'outbound' && <CornerUpLeft size={13} aria-hidden className="shrink-0" />}
        <span dir="auto" className="min-w-0 flex-1 truncate text-start">
          {thread.snippet ? <Hits snippet={thread.snippet} /> : thread.preview}
        </span>
      </div>
    </div>
  );
});

/** Where a search found it, with the words that were looked for. */
function Hits({ snippet: { text, hits } }: { snippet: NonNullable<Thread['snippet']> }) {
  const ends = [0, ...hits.flat(), text.length];
  return ends.slice(1).map((end, index) => {
    const part = text.slice(ends[index], end);
    // Between two hits is what was not looked for.
    return index % 2 === 0 ? part : <Mark key={end}>{part}</Mark>;
  });
}
const Mark = ({ children }: { children: string }) => (
  <mark className="rounded-[2px] bg-warn-bg text-fg">{children}</mark>
);

/** Its last mail is not of somebody who is known to take part. */
function Doubt({ reason }: { reason: 'stranger' | 'unproved' }) {
  const name = words.thread.proof.pill[reason];
  return (
    <span title={name} className="shrink-0 text-warn">
      <ShieldQuestionMark size={13} aria-hidden />
      <span className="sr-only">{name}</span>
    </span>
  );
}

/** What most needs to be known of it: one thing. */
function State({ thread, now }: { thread: Thread; now: Date }) {
  const { trouble, scheduled_at, snoozed_until, waiting_since, tags } = thread;
  if (trouble !== null)
    return (
      <Pill tone="bad" icon={TriangleAlert}>
        {trouble === 'failed' ? words.list.failed : words.list.unconfirmed}
      </Pill>
    );
  if (snoozed_until !== null)
    return (
      <Pill tone="accent" icon={Moon} title={exact(snoozed_until)}>
        {moment(snoozed_until, now)}
      </Pill>
    );
  if (scheduled_at !== null)
    return (
      <Pill tone="accent" icon={Clock} title={exact(scheduled_at)}>
        {moment(scheduled_at, now)}
      </Pill>
    );
  const waits = waiting_since === null ? 0 : now.getTime() - new Date(waiting_since).getTime();
  if (waits > 60 * 60_000)
    return (
      <Pill tone="warn" icon={Clock} title={words.list.waitingSince(exact(waiting_since!))}>
        {span(waits)}
      </Pill>
    );
  return tags[0] === undefined ? null : <Pill>{tags[0]}</Pill>;
}

/** The dot of what is unread; under the pointer the box with which it is chosen. */
function Box({
  chosen,
  always,
  unread,
  onChoose,
}: {
  chosen: boolean;
  always: boolean;
  unread: boolean;
  onChoose: (shift: boolean) => void;
}) {
  return (
    <span
      aria-hidden
      onClick={(event) => {
        event.stopPropagation();
        onChoose(event.shiftKey);
      }}
      className="absolute inset-y-0 left-0 grid w-[26px] justify-center pt-3.5"
    >
      <span
        className={classes(
          'size-3.5 place-items-center rounded-[4px] border',
          chosen
            ? 'grid border-accent bg-accent text-accent-fg'
            : classes('border-line-2 bg-bg group-hover:grid', always ? 'grid' : 'hidden'),
        )}
      >
        {chosen && <Check size={11} strokeWidth={3} />}
      </span>
      {unread && !chosen && !always && (
        <span className="size-[7px] self-start rounded-full bg-accent group-hover:hidden" />
      )}
    </span>
  );
}
