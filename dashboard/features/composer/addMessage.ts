import type { InfiniteData } from '@tanstack/react-query';
import { keys } from '../../lib/keys.ts';
import { queryClient } from '../../lib/query.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';

type Pages = InfiniteData<{ data: Message[]; next_cursor: string | null }>;

/** Shows a message at the end of its thread before the thread has been read again. */
export function addMessage(workspace: string, { kind, id }: ThreadRef, message: Message): void {
  const queryKey = keys.messages(workspace, kind, id);
  queryClient.setQueriesData<Pages>({ queryKey }, (old) => {
    const last = old?.pages.at(-1);
    if (!old || last?.next_cursor !== null || last.data.some((row) => row.id === message.id)) return old;
    return {
      ...old,
      pages: [...old.pages.slice(0, -1), { ...last, data: [...last.data, message] }],
    };
  });
  void queryClient.invalidateQueries({ queryKey });
}
