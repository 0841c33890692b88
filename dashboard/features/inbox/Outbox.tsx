import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Clock, Send, TriangleAlert } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { Pill } from '../../components/Pill.tsx';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { components } from '../../lib/schema.gen.d.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Line } from './Line.tsx';

type OutboxMessage = components['schemas']['OutboxMessage'];
type State = keyof typeof words.list.outbox.states;

const outboxQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.outbox(workspace),
    queryFn: async ({ signal }) => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      return (await read(api.GET('/api/v1/workspaces/{workspace_id}/outbox', { signal, params }))).data;
    },
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
      {data.map((message) => (
        <li key={message.id} className="flex border-b border-line">
          <Waiting workspace={workspace} message={message} now={now} />
        </li>
      ))}
    </ul>
  );
}

function Waiting({ workspace, message, now }: { workspace: string; message: OutboxMessage; now: Date }) {
  const { outbox } = words.list;
  const { message: shown } = useSearch({ strict: false });
  const { id, thread, to, subject, reason, preview, send_at, created_at } = message;
  const isBad = message.state === 'failed' || message.state === 'unconfirmed';
  const line = (
    <Line
      title={outbox.to(to.map(({ name, email }) => name || email).join(', '))}
      subject={subject || thread?.subject || words.list.noSubject}
      preview={reason ?? preview}
      at={send_at ?? created_at}
      now={now}
      isOpen={id === shown}
      mark={
        <Pill tone={isBad ? 'bad' : 'accent'} icon={isBad ? TriangleAlert : Clock}>
          {outbox.states[message.state as State]}
        </Pill>
      }
    />
  );
  if (thread === null) return <span className="flex min-w-0 flex-1">{line}</span>;
  return (
    <Link
      data-row
      className="flex min-w-0 flex-1 outline-offset-[-2px]"
      to="/w/$workspace/$view/$kind/$id"
      params={{ workspace, view: 'outbox', kind: thread.kind, id: thread.id }}
      search={{ message: id }}
    >
      {line}
    </Link>
  );
}
