import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { textOf } from '../../lib/htmlText.ts';
import type { People } from '../../lib/people.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { Body } from './Body.tsx';
import { editNote } from './messageActs.ts';
import { Linked } from './TextBody.tsx';

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  people: People;
  isEdited: boolean;
  onDone: () => void;
}

/** A note: for the team alone. Its writer may edit it in place. */
export function NoteBody({ workspace, thread, message, people, isEdited, onDone }: Props) {
  if (isEdited) return <Edit workspace={workspace} thread={thread} message={message} onDone={onDone} />;
  if (message.html !== null && /<(?!\/?(?:p|br|strong|em|span)\b)/i.test(message.html))
    return <Body workspace={workspace} thread={thread} message={message} />;
  return (
    <div dir="auto" className="wrap-anywhere whitespace-pre-wrap">
      <Mentioned text={noteText(message)} people={people} />
    </div>
  );
}

/** Lines as they were written: the plain text of a mail has an empty line between paragraphs. */
const noteText = ({ html, text }: Message): string => (html === null ? text : textOf(html)).trim();

/** Names of colleagues after an `@` stand out. */
function Mentioned({ text, people }: { text: string; people: People }) {
  const names = people.members.map(({ name }) => name).filter(Boolean);
  if (names.length === 0) return <Linked text={text} />;
  const any = new RegExp(`(@(?:${names.map(escaped).join('|')}))`, 'u');
  return text.split(any).map((part, index) =>
    index % 2 === 1 ? (
      <span key={index} className="font-medium text-accent">
        {part}
      </span>
    ) : (
      <Linked key={index} text={part} />
    ),
  );
}
const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function Edit({ workspace, thread, message, onDone }: Omit<Props, 'people' | 'isEdited'>) {
  const [text, setText] = useState(noteText(message));
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const answer = await editNote(workspace, thread, message.id, text);
    setBusy(false);
    // What was refused stays in the field.
    if (answer !== null) onDone();
  };
  return (
    <div className="grid gap-2">
      <textarea
        aria-label={words.thread.noteText}
        autoFocus
        rows={Math.min(12, text.split('\n').length + 1)}
        value={text}
        onChange={({ target }) => setText(target.value)}
        className="w-full rounded border border-line-2 bg-bg p-2"
      />
      <div className="flex gap-2">
        <Button kind="main" busy={isBusy} disabled={text.trim() === ''} onClick={() => void save()}>
          {words.thread.save}
        </Button>
        <Button onClick={onDone}>{words.cancel}</Button>
      </div>
    </div>
  );
}
