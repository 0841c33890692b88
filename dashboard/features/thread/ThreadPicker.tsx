import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog } from '../../components/Dialog.tsx';
import { Field } from '../../components/Field.tsx';
import { Pill } from '../../components/Pill.tsx';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { Kind, ThreadRef } from '../../lib/rows.ts';
import { age, exact } from '../../lib/time.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { useLate } from '../../lib/useLate.ts';
import { words } from '../../words/index.ts';

const MOST = 12;

interface Props {
  workspace: string;
  /** Never offered. */
  thread: ThreadRef;
  /** Whose threads are offered before anything is typed. */
  contact: string | null;
  text: { title: string; hint: string };
  /** @returns whether it was done */
  onPick: (id: string) => Promise<boolean>;
  onClose: () => void;
}

/** Asks for another thread of the same kind: at first those of the same person. */
export function ThreadPicker({ workspace, thread, contact, text, onPick, onClose }: Props) {
  const { picker } = words.thread;
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const q = useLate(typed.trim(), 150);
  const { data: found } = useQuery(candidates(workspace, thread.kind, q, contact));
  const others = found?.filter(({ id }) => id !== thread.id);
  const act = async (id: string) => {
    setBusy(true);
    if (await onPick(id)) onClose();
    else setBusy(false);
  };
  return (
    <Dialog title={text.title} hint={text.hint} onClose={onClose}>
      <Field autoFocus label={picker.find} value={typed} onChange={({ target }) => setTyped(target.value)} />
      <h3 className="pt-4 pb-1 text-s font-[550] text-fg-3">
        {q === '' && contact !== null ? picker.same : null}
      </h3>
      <ul className="-mx-2 min-h-40" aria-busy={found === undefined}>
        {others?.map((row) => (
          <li key={row.id}>
            <button
              type="button"
              disabled={isBusy}
              onClick={() => void act(row.id)}
              className="flex w-full items-center gap-2 rounded px-2 py-1.5 text-start hover:bg-bg-2 pointer-coarse:py-3"
            >
              <span dir="auto" className="min-w-0 flex-1 truncate">
                {row.subject || words.thread.noSubject}
                {'number' in row && <span className="text-fg-3">{` ${picker.number(row.number)}`}</span>}
                <span className="block truncate text-s text-fg-3">
                  {row.contact?.name || row.contact?.email}
                </span>
              </span>
              <Pill>{words.thread.status[row.status]}</Pill>
              <span className="text-s text-fg-3" title={exact(row.last_message_at)}>
                {age(row.last_message_at, new Date(), words.justNow)}
              </span>
            </button>
          </li>
        ))}
        {others?.length === 0 && <li className="p-2 text-fg-3">{picker.none}</li>}
      </ul>
    </Dialog>
  );
}

const candidates = (workspace: string, kind: Kind, q: string, contact: string | null) => ({
  queryKey: [...keys.workspace(workspace), 'picker', kind, q, contact],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const query = { limit: MOST, ...(q === '' ? contact !== null && { contact_id: contact } : { q }) };
    const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets');
    const page = await read(api.GET(path, { signal, params: { path: { workspace_id: workspace }, query } }));
    return page.data;
  },
});
