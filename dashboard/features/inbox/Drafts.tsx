import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { PenLine, StickyNote, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Blank } from '../../components/Blank.tsx';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import { Pill } from '../../components/Pill.tsx';
import { api, read } from '../../lib/api.ts';
import { ask } from '../../lib/intents.ts';
import { keys } from '../../lib/keys.ts';
import type { components } from '../../lib/schema.gen.d.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { Line } from './Line.tsx';
import { useDiscard } from './useDiscard.ts';

type Draft = components['schemas']['Draft'];

const draftsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.drafts(workspace),
    queryFn: async ({ signal }): Promise<Draft[]> => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      return (await read(api.GET('/api/v1/workspaces/{workspace_id}/drafts', { signal, params }))).data;
    },
  });

/** What was begun and not sent, newest first. */
export function Drafts({ workspace }: { workspace: string }) {
  const { data, error, isPending, refetch } = useQuery(draftsQuery(workspace));
  const now = useNow(60_000);
  const { id: openId } = useParams({ strict: false });
  const { isDiscarded, discard } = useDiscard(workspace);
  const { drafts } = words.list;
  if (isPending) return <Bones />;
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  const shown = data.filter(({ id }) => !isDiscarded(id));
  if (shown.length === 0)
    return (
      <div className="flex flex-1">
        <Blank icon={PenLine} title={drafts.none}>
          {drafts.noneHint}
        </Blank>
      </div>
    );
  return (
    <ul aria-label={words.shell.drafts} className="flex-1 overflow-auto">
      {shown.map((draft) => (
        <li key={draft.id} className="group relative flex border-b border-line">
          <Open workspace={workspace} draft={draft}>
            <Line
              title={titleOf(draft)}
              subject={draft.thread?.subject || draft.subject || words.list.noSubject}
              preview={draft.text}
              at={draft.updated_at}
              now={now}
              isOpen={draft.thread_id !== null && draft.thread_id === openId}
              mark={
                draft.kind === 'note' && (
                  <Pill tone="note" icon={StickyNote}>
                    {drafts.note}
                  </Pill>
                )
              }
            />
          </Open>
          <IconButton
            name={drafts.discard}
            icon={Trash2}
            onClick={() => discard(draft)}
            className="absolute right-2 bottom-1.5 bg-bg! opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
          />
        </li>
      ))}
    </ul>
  );
}

/** Leads to where it is written: its thread, or the window of a new one. */
function Open({ workspace, draft, children }: { workspace: string; draft: Draft; children: ReactNode }) {
  const { id, kind, thread } = draft;
  if (kind === 'new')
    return (
      <button
        type="button"
        data-row
        className="flex min-w-0 flex-1 outline-offset-[-2px]"
        onClick={() => ask('write', { draft: id })}
      >
        {children}
      </button>
    );
  // Its thread is gone: there is nowhere to go.
  if (thread === null) return <span className="flex min-w-0 flex-1 outline-offset-[-2px]">{children}</span>;
  return (
    <Link
      data-row
      className="flex min-w-0 flex-1 outline-offset-[-2px]"
      to="/w/$workspace/$view/$kind/$id"
      params={{ workspace, view: 'drafts', kind: thread.kind, id: thread.id }}
    >
      {children}
    </Link>
  );
}

function titleOf({ kind, to, thread }: Draft): string {
  const { drafts } = words.list;
  const names = (to ?? []).map(({ name, email }) => name || email).join(', ');
  if (kind === 'new') return names || drafts.newThread;
  if (thread === null) return drafts.threadGone;
  return kind === 'note' ? drafts.noteIn : names || drafts.answer;
}
