import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import type { InboundEmailRow } from '../infra/models/index.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { StoredPost } from '../infra/archive/storedPost.ts';
import type { ApiDeps } from './deps.ts';
import { fromStorage, sendObject, sendStream } from './download.ts';

const Bytes = z.object({ base64: z.string() });
/** The form of a post as the provider sent it. */
export const PostedForm = StoredPost.pick({ id: true, provider: true, received_at: true, content_type: true })
  .extend({
    fields: z
      .array(z.tuple([z.string(), z.union([z.string(), Bytes])]))
      .meta({ description: 'Name and value, in the order of the form.' }),
    files: z.array(
      z.object({
        field: z.string(),
        filename: z.string(),
        content_type: z.string(),
        size: z.int(),
        base64: z.string(),
      }),
    ),
  })
  .meta({ id: 'PostedForm' });

/**
 * The mail as the provider posted it: MIME where the provider posted that, otherwise fields and files of the
 * form as JSON. Files, large fields and bytes that are not UTF-8 are in base64. Two things are left out: the
 * signature of the provider, with which others could post to us for a day, and other recipients of the post,
 * which may belong to other workspaces.
 */
export async function sendRaw(
  ctx: Context,
  row: Pick<InboundEmailRow, '_id' | 'key' | 'provider' | 'recipient'>,
  { storage, providers }: Pick<ApiDeps, 'storage' | 'providers'>,
): Promise<void> {
  const post = StoredPost.parse(JSON.parse((await fromStorage(storage.readAll(row.key))).toString()));
  if (post.mime) {
    const eml = { filename: `${row._id}.eml`, contentType: 'message/rfc822' };
    return sendObject(ctx, storage, post.mime.object, eml);
  }
  const proof = providers.get(row.provider)?.volatileFields ?? [];
  const shown: StoredPost = {
    ...post,
    fields: post.fields
      .filter(([name]) => !proof.includes(name))
      .map(([name, value]) => [name, isRecipientList(value, post) ? row.recipient : value]),
  };
  const body = Readable.from(payload(shown, storage), { objectMode: false });
  sendStream(ctx, body, { filename: `${row._id}.json`, contentType: 'application/json' });
}

function isRecipientList(value: unknown, { deliveries }: StoredPost): boolean {
  if (typeof value !== 'string' || deliveries.length < 2) return false;
  const named = value.split(',').map((address) => address.trim().toLowerCase());
  return deliveries.every(({ recipient }) => named.includes(recipient));
}

/** The JSON, one field or file at a time, so that memory does not grow with the mail. */
async function* payload(post: StoredPost, storage: Storage): AsyncGenerator<string> {
  const { id, provider, received_at, content_type } = post;
  yield `${JSON.stringify({ id, provider, received_at, content_type }).slice(0, -1)},"fields":[`;
  for (const [i, [name, value]] of post.fields.entries()) {
    yield `${i ? ',' : ''}\n[${JSON.stringify(name)},`;
    if (typeof value === 'object' && 'object' in value) yield* base64(storage, value.object, {});
    else yield JSON.stringify(value);
    yield ']';
  }
  yield '],"files":[';
  for (const [i, { field, filename, content_type, size, object }] of post.files.entries()) {
    yield i ? ',\n' : '\n';
    yield* base64(storage, object, { field, filename, content_type, size });
  }
  yield ']}\n';
}

/** `{…fields, "base64": "<the object>"}`. */
async function* base64(storage: Storage, key: string, fields: object): AsyncGenerator<string> {
  const start = JSON.stringify({ ...fields, base64: '' });
  yield start.slice(0, -2);
  let rest = Buffer.alloc(0);
  for await (const chunk of await storage.read(key)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    yield bytes.toString('base64', 0, whole);
  }
  yield `${rest.toString('base64')}"}`;
}
