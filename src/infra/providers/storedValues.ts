import { open } from 'node:fs/promises';
import { decodeBytes } from '../../mail/charset.ts';
import type { StoredPost } from '../archive/storedPost.ts';

type StoredValue = StoredPost['fields'][number][1];

/**
 * Reads the fields of an archived post: a value is stored in the JSON, as base64, or in an object of its own.
 */
export interface Fields {
  /** Values of a field, in the order posted, each cut to `maxBytes` of the stored bytes. */
  all(name: string, maxBytes: number): Promise<string[]>;
  first(name: string, maxBytes: number): Promise<string | null>;
}

/**
 * @param file local path of an archived object.
 * @param charset of values that are not UTF-8, if it is known.
 */
export function fieldsOf(post: StoredPost, file: (object: string) => string, charset: string | null): Fields {
  const values = (name: string) => post.fields.filter(([field]) => field === name).map(([, value]) => value);
  const read = async (value: StoredValue, maxBytes: number): Promise<string> => {
    if (typeof value === 'string') return value.slice(0, maxBytes);
    const bytes =
      'base64' in value ? Buffer.from(value.base64, 'base64') : await head(file(value.object), maxBytes);
    return decodeBytes(bytes.subarray(0, maxBytes), null, charset);
  };
  return {
    all: (name, maxBytes) => Promise.all(values(name).map((value) => read(value, maxBytes))),
    async first(name, maxBytes) {
      const [value] = values(name);
      return value === undefined ? null : read(value, maxBytes);
    },
  };
}

async function head(path: string, count: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const bytes = Buffer.alloc(Math.min(count, (await handle.stat()).size));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
