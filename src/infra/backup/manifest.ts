import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { hashFile } from './hashedFile.ts';

/** A backup cannot be made or used; the message is a sentence for the operator. */
export class BackupError extends Error {}

const hashed = { size: z.number(), sha256: z.string() };

/** What a backup holds. Written last: a folder without it holds no backup. */
const Manifest = z.object({
  /** Of this form; a later one is refused. */
  format: z.literal(1),
  /** Version of Postroom. */
  version: z.string(),
  /** Nothing after this time is certain to be in the backup. ISO 8601. */
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  /** Names of the migrations that were applied, in order. */
  migrations: z.array(z.string()),
  /** By name: number of rows, and the file's size and hash. */
  collections: z.record(z.string(), z.object({ count: z.number(), ...hashed })),
  /** The list of the archive's objects: their number, and the list's size and hash. */
  archive: z.object({ count: z.number(), ...hashed }),
  /** Variables whose values a restored installation needs, with the reason. Their values are not in it. */
  secrets_needed: z.record(z.string(), z.string()),
  /** Collections that are left out, with the reason. */
  left_out: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

/** Left out of a backup, and emptied by a restore. */
export const LEFT_OUT: Record<string, string> = {
  sessions: 'everybody signs in again',
  password_links: 'links that were mailed are asked for again',
  signals: 'what is happening at the moment',
  stream_positions: 'they are of the database that was backed up',
};

const fileIn = (folder: string): string => path.join(folder, 'manifest.json');
export const collectionFile = (folder: string, name: string): string =>
  path.join(folder, 'database', `${name}.jsonl`);
export const archiveList = (folder: string): string => path.join(folder, 'archive.jsonl');
export const archiveFile = (folder: string, key: string): string => path.join(folder, 'archive', key);

/** @returns null when there is none. @throws BackupError when it is of a form that this version does not know */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const text = await readFile(fileIn(folder), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw new BackupError(
      `${fileIn(folder)} cannot be read: another version of Postroom wrote it, or it is damaged.`,
    );
  }
}

export const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  // Exclusive: two backups into one folder never mix.
  writeFile(fileIn(folder), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true });

/** Compares every file of the database, and the archive's list, with the manifest. @throws BackupError */
export async function checkFiles(folder: string, { collections, archive }: Manifest): Promise<void> {
  const files = Object.entries(collections).map(
    ([name, listed]) => [collectionFile(folder, name), listed] as const,
  );
  for (const [file, listed] of [...files, [archiveList(folder), archive] as const]) {
    const found = await hashFile(file).catch(() => null);
    if (found?.sha256 !== listed.sha256)
      throw new BackupError(`${file} is missing or damaged: its hash is not the one in the manifest.`);
  }
}
