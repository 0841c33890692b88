import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { AttachmentRow } from '../infra/models/index.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { safeName } from './download.ts';

/**
 * Files in one ZIP archive, as a stream: one file is open at a time, and memory does not grow with them. They
 * are not compressed, because most kinds of files are already. The stream fails when a file cannot be read.
 */
export function zipOf(files: AttachmentRow[], storage: Pick<Storage, 'read'>): Readable {
  const zip = new ZipFile();
  const archive = new PassThrough();
  let open: Readable | undefined;
  const names = new Set<string>();
  const missing: string[] = [];
  for (const { key, filename, created_at, reason, state } of files) {
    const name = unusedName(safeName(filename), names);
    if (key === null || state !== 'stored') {
      missing.push(`${name}: ${reason ?? state.replace('_', ' ')}`);
      continue;
    }
    zip.addReadStreamLazy(name, { compress: false, mtime: created_at }, (use) => {
      storage.read(key).then(
        (bytes) => use(null, (open = bytes)),
        (error: unknown) => archive.destroy(error as Error),
      );
    });
  }
  if (missing.length > 0)
    zip.addBuffer(Buffer.from(`${missing.join('\n')}\n`), unusedName('Files that are not stored.txt', names));
  zip.on('error', (error: Error) => archive.destroy(error));
  // A client that goes away leaves no file open.
  archive.on('close', () => open?.destroy());
  zip.outputStream.pipe(archive);
  zip.end();
  return archive;
}

/** `a.txt`, `a (2).txt`, … Many file systems do not tell capitals from small letters. */
function unusedName(name: string, names: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let unused = name;
  for (let n = 2; names.has(unused.toLowerCase()); n++) unused = `${stem} (${n})${extension}`;
  names.add(unused.toLowerCase());
  return unused;
}
