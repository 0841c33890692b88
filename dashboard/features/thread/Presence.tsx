import { Avatar } from '../../components/Avatar.tsx';
import { usePeople } from '../../lib/people.ts';
import { usePresence } from '../../lib/presence.ts';
import type { ThreadRef } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** Colleagues who have this thread open now, and who writes. */
export function Presence({ workspace, thread }: { workspace: string; thread: ThreadRef }) {
  const people = usePeople(workspace);
  const others = usePresence(workspace, thread, people.me);
  const writers = others.filter(({ writing }) => writing);
  const shown = writers.length > 0 ? writers : others;
  const names = shown.map(({ user }) => (people.nameOf(user) ?? words.thread.someone).split(' ')[0]!);
  const { reading, readingMany, writing, writingMany } = words.thread;
  const say = writers.length > 0 ? [writing, writingMany] : [reading, readingMany];
  return (
    <span role="status" className="flex shrink-0 items-center gap-1.5 text-s whitespace-nowrap text-fg-3">
      {shown.slice(0, 3).map(({ user }) => (
        <Avatar key={user} name={people.nameOf(user) ?? ''} size={20} />
      ))}
      {shown.length > 0 && (
        <span className="max-[900px]:sr-only">{say[shown.length === 1 ? 0 : 1]!(names.join(', '))}</span>
      )}
    </span>
  );
}
