import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Clock, Send, TriangleAlert } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { Pill } from '../../components/Pill.tsx';
import { keys } from '../../lib/keys.ts';
import type { Address, Kind } from '../../lib/rows.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Line } from './Line.tsx';
import { listOf } from './untyped.ts';

type State = keyof typeof words.list.outbox.states;
interface Waiting {
  id: string;
  state: State;
  reason: string | null;
  to: Address[];
  subject: string;
  send_at: string | null;
  created_at: string;
  thread: { kind: Kind; id: string; number: number | null; subject: string };
}

const outboxQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.outbox(workspace),
    queryFn: ({ signal }) => listOf<Waiting>(workspace, 'outbox', { limit: 100 }, signal),
  });

/** Answers of all threads that are still to go out, or could not. */
export function Outbox({ workspace }: { workspace: string }) {
  const { data, error, isPending, refetch } = useQuery(outboxQuery(workspace));
  const now = useNow(60_000);
  const { outbox } = words.list;
  if (isPending) return <Bones />;
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (data.length === 0)
    return (
      <div className="flex flex-1">
        <Blank icon={Send} title={outbox.none}>
          {outbox.noneHint}
        </Blank>
      </div>
    );
  return (
    <ul aria-label={words.shell.outbox} className="flex-1 overflow-auto">
      {data.map((message) => {
        const isBad = message.state === 'failed' || message.state === 'unconfirmed';
        return (
          <li key={message.id} className="flex border-b border-line">
            <Link
              className="flex min-w-0 flex-1"
              to="/w/$workspace/$view/$kind/$id"
              params={{ workspace, view: 'outbox', kind: message.thread.kind, id: message.thread.id }}
              search={{ message: message.id }}
            >
              <Line
                title={outbox.to(message.to.map(({ name, email }) => name || email).join(', '))}
                subject={message.subject || message.thread.subject || words.list.noSubject}
                preview={message.reason ?? ''}
                at={message.send_at ?? message.created_at}
                now={now}
                mark={
                  <Pill tone={isBad ? 'bad' : 'accent'} icon={isBad ? TriangleAlert : Clock}>
                    {outbox.states[message.state]}
                  </Pill>
                }
              />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
