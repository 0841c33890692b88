import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { Thread } from '../../lib/rows.ts';
import { fillHtml, firstName, textToHtml, type Values } from './snippetText.ts';

export interface Snippet {
  id: string;
  name: string;
  shortcut: string | null;
  text: string;
  html: string | null;
  /** What it changes of the thread when the answer goes out. */
  changes: Partial<Pick<Thread, 'status' | 'tags' | 'agent_id' | 'priority'>> | null;
  shared: boolean;
}

export const snippetsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.workspace(workspace), 'snippets'],
    retry: false,
    queryFn: async ({ signal }): Promise<Snippet[]> => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      const page = (await read(
        api.GET('/api/v1/workspaces/{workspace_id}/snippets' as never, { signal, params } as never),
      )) as { data: Snippet[] };
      return page.data;
    },
  });

/** What the placeholders of a snippet stand for here. */
export const valuesFor = (thread: Thread | undefined, agent: string, workspaceName: string): Values => ({
  'contact.name': thread?.contact?.name ?? null,
  'contact.first_name': thread?.contact?.name ? firstName(thread.contact.name) : null,
  'agent.name': agent,
  'ticket.number': thread?.number == null ? null : String(thread.number),
  'ticket.subject': thread?.subject ?? null,
  'workspace.name': workspaceName,
});

/** A snippet as it is put into the text. */
export const snippetHtml = ({ html, text }: Snippet, values: Values): string =>
  fillHtml(html ?? textToHtml(text), values);
