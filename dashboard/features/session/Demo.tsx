import { useMutation, useQuery } from '@tanstack/react-query';
import { Avatar } from '../../components/Avatar.tsx';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { demoQuery, signInAs } from './demo.ts';

/** The demo's people, each signed in by one click. There are none but under `npm start` on this machine. */
export function Demo({ onDone }: { onDone: () => void }) {
  const people = useQuery(demoQuery).data ?? [];
  const attempt = useMutation({ mutationFn: signInAs, onSuccess: onDone });
  if (people.length === 0) return null;
  return (
    <section className="mt-5 grid gap-1.5">
      <p className="mb-2 flex items-center gap-2 text-s text-fg-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {words.session.demo}
      </p>
      {people.map(({ user_id, name, role }) => (
        <Button key={user_id} className="h-9 justify-start" onClick={() => attempt.mutate(user_id)}>
          <Avatar name={name} size={22} />
          <span className="flex-1 text-left">{words.session.signInAs(name)}</span>
          <span aria-hidden className="font-normal text-fg-3">
            {role}
          </span>
        </Button>
      ))}
      {attempt.isError && <Notice tone="bad">{sentence(attempt.error)}</Notice>}
    </section>
  );
}
