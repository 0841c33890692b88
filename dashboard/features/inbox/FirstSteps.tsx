import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { classes } from '../../components/classes.ts';
import { countsQuery } from '../../lib/counts.ts';
import { emailsQuery, frontDoor } from '../../lib/emails.ts';
import { keys } from '../../lib/keys.ts';
import { useMe } from '../../lib/me.ts';
import { threadsPage } from '../../lib/threadsPage.ts';
import { words } from '../../words/index.ts';

/** Whether nothing has ever come in here, as far as I may see. */
export function useIsNew(workspace: string): boolean {
  const { data: counts } = useQuery(countsQuery(workspace));
  const { data: any } = useQuery({
    queryKey: [...keys.workspace(workspace), 'any'],
    enabled: counts?.all?.total === 0,
    queryFn: async ({ signal }) =>
      (await threadsPage(workspace, { limit: 1, snoozed: 'any' }, signal)).data.length > 0,
  });
  return any === false && counts?.all?.total === 0;
}

/** What there is to do in a workspace that is new. */
export function FirstSteps({ workspace, onKeys }: { workspace: string; onKeys: () => void }) {
  const { first } = words.list;
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const me = useMe(workspace);
  const address = frontDoor(emails);
  const link = 'shrink-0 text-accent hover:underline';
  return (
    <div className="m-auto w-full max-w-[380px] p-6">
      <h2 className="text-l font-semibold">{first.title}</h2>
      <p className="pt-1 pb-5 text-fg-2">{first.hint}</p>
      <ol className="grid gap-1">
        <Step n={1} isNow hint={address}>
          {first.receive}
        </Step>
        <Step n={2}>{first.answer}</Step>
        <Step
          n={3}
          isDone={me !== undefined && me.signature !== null}
          act={
            <Link to="/w/$workspace/settings" params={{ workspace }} className={link}>
              {first.settings}
            </Link>
          }
        >
          {first.signature}
        </Step>
        <Step
          n={4}
          act={
            <button type="button" onClick={onKeys} className={link}>
              {first.show}
            </button>
          }
        >
          {first.keys}
        </Step>
      </ol>
    </div>
  );
}

interface StepProps {
  n: number;
  isNow?: boolean;
  isDone?: boolean;
  hint?: string | undefined;
  act?: ReactNode;
  children: ReactNode;
}

function Step({ n, isNow = false, isDone = false, hint, act, children }: StepProps) {
  return (
    <li className={classes('flex min-h-10 items-center gap-2.5 rounded px-2.5 py-1.5', isNow && 'bg-bg-2')}>
      <span
        aria-hidden
        className={classes(
          'grid size-6 shrink-0 place-items-center rounded-full border text-s font-semibold',
          isNow ? 'border-accent bg-accent text-accent-fg' : 'border-line-2 text-fg-2',
        )}
      >
        {n}
      </span>
      <span className={classes('min-w-0 flex-1', isDone && 'text-fg-3 line-through')}>
        {children}
        {hint !== undefined && <span className="block truncate text-s text-fg-3">{hint}</span>}
      </span>
      {act}
    </li>
  );
}
