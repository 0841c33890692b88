import { api, read } from '../../lib/api.ts';
import { Problem } from '../../lib/problem.ts';
import type { Address, Thread } from '../../lib/rows.ts';
import { threadPath } from '../../lib/threadPath.ts';
import type { Mode } from './draft.ts';

interface Defaults {
  sending_email: string | null;
  to: Address[];
  cc: Address[];
  subject: string;
}

/** What the server says an answer has by default; null: it could not be asked. */
export async function defaultsOf(
  workspace: string,
  { kind, id }: Thread,
  mode: Exclude<Mode, 'note' | 'new'>,
  messageId: string | null,
): Promise<Defaults | null> {
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/reply-defaults');
  const query = { kind: mode, ...(messageId !== null && { message_id: messageId }) };
  try {
    return await read(api.GET(path, { params: { path: { workspace_id: workspace, id }, query } }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return null;
  }
}
