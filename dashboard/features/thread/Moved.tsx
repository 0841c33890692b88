import { Navigate, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Kind, ThreadRef } from '../../lib/rows.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';

/** The thread that has the messages of one that is gone, as the server's 404 names it. */
export function mergedInto(body: Readonly<Record<string, unknown>>, kind: Kind): ThreadRef | null {
  const { merged_into: id, merged_kind: mergedKind } = body;
  if (typeof id !== 'string') return null;
  return { id, kind: mergedKind === 'ticket' || mergedKind === 'conversation' ? mergedKind : kind };
}

/** An old link to a thread that was merged leads to where its messages are. */
export function Moved({ workspace, to: { kind, id } }: { workspace: string; to: ThreadRef }) {
  const { view = 'all' } = useParams({ strict: false });
  useEffect(() => void showToast(words.thread.gone.merged), []);
  return (
    <Navigate
      replace
      to="/w/$workspace/$view/$kind/$id"
      params={{ workspace, view, kind, id }}
      search={(all) => all}
    />
  );
}
