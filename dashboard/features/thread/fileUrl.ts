import { base } from '../../lib/base.ts';

/** The address of a file on the host that the page came from; its own URL may name another. */
export const fileUrl = (workspace: string, id: string): string =>
  `${base}/api/v1/workspaces/${workspace}/attachments/${id}`;
