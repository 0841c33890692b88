import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { savedViewsQuery } from '../features/inbox/savedViews.ts';
import { countsQuery } from '../lib/counts.ts';
import type { Kind } from '../lib/rows.ts';
import { threadQuery } from '../lib/threadQueries.ts';
import { viewOf } from '../lib/views.ts';
import { words } from '../words/index.ts';

/** The tab's title says where one is, and how much in the inbox is unread. */
export function useTitle(workspace: string): void {
  const { view, kind = 'ticket', id = '' } = useParams({ strict: false });
  const { data: counts } = useQuery(countsQuery(workspace));
  const { data: views } = useQuery(savedViewsQuery(workspace));
  // What the thread itself has read.
  const { data: thread } = useQuery({
    ...threadQuery(workspace, { kind: kind as Kind, id }),
    enabled: false,
  });
  const place = thread ? thread.subject || words.list.noSubject : nameOf(view);
  const unread = counts?.inbox?.unread ?? 0;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${place} · ${words.product}`;
  }, [unread, place]);

  function nameOf(of: string | undefined): string {
    if (of === undefined) return words.settings.title;
    if (of === 'search') return words.shell.search;
    const saved = views?.find((each) => `view:${each.id}` === of);
    return viewOf(of)?.name ?? saved?.name ?? of.replace(/^tag:/, '');
  }
}
