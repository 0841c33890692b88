import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { HistoryLine, Message, ThreadRef } from '../../lib/rows.ts';
import { historyQuery, messagesQuery } from '../../lib/threadQueries.ts';

const NO_HISTORY: HistoryLine[] = [];

/** The messages of a thread that are loaded, each once, and its history. */
export function useMessages(workspace: string, thread: ThreadRef, at: string | null) {
  const query = useInfiniteQuery(messagesQuery(workspace, thread, at));
  const { data: history = NO_HISTORY } = useQuery({ ...historyQuery(workspace, thread), retry: false });
  const messages = useMemo(() => {
    const rows = query.data?.pages.flatMap(({ data }) => data) ?? [];
    // Pages may overlap by what has come between two reads.
    return [...new Map(rows.map((row): [string, Message] => [row.id, row])).values()];
  }, [query.data]);
  return { query, messages, history };
}
