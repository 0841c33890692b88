import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { PenLine, StickyNote } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { Pill } from '../../components/Pill.tsx';
import { ask } from '../../lib/intents.ts';
import { keys } from '../../lib/keys.ts';
import type { Kind } from '../../lib/rows.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Line } from './Line.tsx';
import { listOf } from './untyped.ts';

interface Draft {
  id: string;
  kind: 'reply' | 'note' | 'new';
  thread_kind: Kind | null;
  thread_id: string | null;
  to: string[] | { email: string; name: string }[];
  subject: string | null;
  text: string | null;
  updated_at: string;
}

const draftsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.drafts(workspace),
    queryFn: ({ signal }) => listOf<Draft>(workspace, 'drafts', { limit: 100 }, signal),
  });

/** What was begun and not sent, newest first. */
export function Drafts({ workspace }: { workspace: string }) {
  const { data, error, isPending, refetch } = useQuery(draftsQuery(workspace));
  const now = useNow(60_000);
  const { drafts } = words.list;
  if (isPending) return <Bones />;
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (data.length === 0)
    return (
      <div className="flex flex-1">
        <Blank icon={PenLine} title={drafts.none}>
          {drafts.noneHint}
        </Blank>
      </div>
    );
  return (
    <ul aria-label={words.shell.drafts} className="flex-1 overflow-auto">
      {data.map((draft) => {
        const line = (
          <Line
            title={draft.to.map(nameOf).join(', ') || drafts.newThread}
            subject={draft.subject || words.list.noSubject}
            preview={draft.text ?? ''}
            at={draft.updated_at}
            now={now}
            mark={
              draft.kind === 'note' && (
                <Pill tone="note" icon={StickyNote}>
                  {drafts.note}
                </Pill>
              )
            }
          />
        );
        return (
          <li key={draft.id} className="flex border-b border-line">
            {draft.thread_id !== null && draft.thread_kind !== null ? (
              <Link
                className="flex min-w-0 flex-1"
                to="/w/$workspace/$view/$kind/$id"
                params={{ workspace, view: 'drafts', kind: draft.thread_kind, id: draft.thread_id }}
              >
                {line}
              </Link>
            ) : (
              <button type="button" className="flex min-w-0 flex-1" onClick={() => ask('write', {})}>
                {line}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

const nameOf = (address: string | { email: string; name: string }): string =>
  typeof address === 'string' ? address : address.name || address.email;
