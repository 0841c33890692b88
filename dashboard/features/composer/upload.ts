import { newKey } from '../../lib/api.ts';
import { base } from '../../lib/base.ts';
import { Problem, problemOf } from '../../lib/problem.ts';
import type { Attachment } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** The server takes so much for one file, and for one mail as it is sent. */
export const MOST_BYTES = 25 * 1000 * 1000;

interface Options {
  /** Content-ID, for a picture in the text. */
  contentId: string | null;
  /** 0 to 1 */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** Uploads one file: by XMLHttpRequest, since fetch tells no progress. @throws Problem */
export function upload(
  workspace: string,
  file: File,
  { contentId, onProgress, signal }: Options,
): Promise<Attachment> {
  const query = new URLSearchParams({ filename: file.name });
  if (contentId !== null) query.set('content_id', contentId);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${base}/api/v1/workspaces/${workspace}/attachments?${query.toString()}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Idempotency-Key', newKey());
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 201) resolve(request.response as Attachment);
      else reject(problemOf(new Response(null, { status: request.status }), request.response));
    };
    request.onerror = () => reject(new Problem(0, words.problem.offline));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
