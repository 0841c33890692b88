import type { DigestJob } from '../../../src/infra/parser/pool.ts';
import type { StoredPost } from '../../../src/infra/archive/storedPost.ts';

/** A post as the archive holds it; `mime` and `objects` are local paths. */
export function postOf(
  provider: string,
  {
    mime,
    objects = {},
    fields = [],
    files = [],
  }: {
    mime?: string;
    objects?: Record<string, string>;
    fields?: StoredPost['fields'];
    files?: StoredPost['files'];
  },
): DigestJob {
  return {
    post: {
      id: 'post',
      provider,
      received_at: '2026-11-23T10:00:00.000Z',
      content_type: '',
      fields,
      files,
      mime: mime === undefined ? null : { object: 'post.eml', size: 0 },
      deliveries: [],
      content_hash: '',
      token_hash: null,
      refused: null,
    },
    recipient: 'in@acme.test',
    files: { ...objects, ...(mime === undefined ? {} : { 'post.eml': mime }) },
  };
}
