import type { MessageRow, Models } from '../models/index.ts';
import type { Outbound } from '../models/outbound.ts';
import type { Storage } from '../storage/storage.ts';

/** The composed MIME, inclusive (Mailgun: 25 MB a message). Files grow by about 37 % in it: some 18 MB of them fit. */
export const MAX_COMPOSED_BYTES = 25 * 1024 * 1024;

/** Composes the message as MIME into the spool while `use` runs. @throws NotStoredError when a file of it is gone. */
export async function withComposed<T>(
  deps: { models: Models; storage: Storage },
  row: MessageRow & { outbound: Outbound },
  use: (mimeFile: string, size: number) => Promise<T>,
): Promise<T> {
  throw new Error(`not composed yet: ${deps.storage.spoolDir} ${row._id} ${typeof use}`);
}

/** Bytes of the MIME that this would become, exact to a few hundred, never too few. @param files sizes in bytes */
export function composedBytes(text: string, html: string | null, files: number[]): number {
  return text.length + (html?.length ?? 0) + files.length;
}
