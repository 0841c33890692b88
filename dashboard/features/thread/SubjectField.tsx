import { useState } from 'react';
import { INPUT } from '../../components/Field.tsx';
import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { change } from './changeText.ts';

const MOST_CHARS = 1_000;

/** The subject as a field: Enter keeps it, Escape leaves it as it was. */
export function SubjectField({
  workspace,
  thread,
  onDone,
}: {
  workspace: string;
  thread: Thread;
  onDone: () => void;
}) {
  const [subject, setSubject] = useState(thread.subject);
  const keep = () => {
    const wanted = subject.trim();
    if (wanted !== '' && wanted !== thread.subject) change(workspace, thread, { subject: wanted });
    onDone();
  };
  return (
    <form
      className="mr-auto min-w-0 flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <input
        autoFocus
        dir="auto"
        aria-label={words.thread.menu.subject}
        maxLength={MOST_CHARS}
        value={subject}
        onChange={({ target }) => setSubject(target.value)}
        onBlur={keep}
        onKeyDown={({ key }) => {
          if (key === 'Escape') onDone();
        }}
        className={INPUT}
      />
    </form>
  );
}
