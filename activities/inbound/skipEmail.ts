import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { longFields, StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { remoteFileKey } from '../../src/infra/archive/keys.ts';
import { readRow, writeRow } from './inboundRow.ts';

/**
 * Skips a mail: copies the payload to `<provider>-skipped/`, then sets the row's key to the copy. The copy is
 * complete, because only retention deletes objects below `<provider>-incoming/`.
 */
export async function skipEmail(deps: Deps, mail: InboundRun, reason: string): Promise<void> {
  const row = await readRow(deps, mail, { key: 1, 'mail.files': 1 });
  const key = skippedKey(row.key);
  if (key !== row.key) {
    await copyRemoteFiles(deps, row, key);
    await copyPayload(deps, row.key, key);
  }
  await writeRow(deps, mail, ['received'], { state: 'skipped', reason, key });
}

/** Holds mail for an address that is not proved yet; after the proof it runs again. */
export async function holdEmail(deps: Deps, mail: InboundRun, reason: string): Promise<void> {
  await writeRow(deps, mail, ['received'], { state: 'held', reason });
}

const skippedKey = (key: string): string => key.replace(/^([^/]+)-incoming\//, '$1-skipped/');

/** Files that an earlier run fetched from the provider, who may no longer have them. */
async function copyRemoteFiles({ storage }: Deps, row: InboundEmailRow, to: string): Promise<void> {
  for (const n of row.mail?.files.keys() ?? []) {
    const object = remoteFileKey(row.key, n);
    if ((await storage.size(object)) !== null) await storage.copy(object, remoteFileKey(to, n));
  }
}

async function copyPayload({ storage }: Deps, from: string, to: string): Promise<void> {
  const payload = StoredPost.parse(JSON.parse((await storage.readAll(from)).toString('utf8')));
  const objects = [
    ...(payload.mime ? [payload.mime] : []),
    ...payload.files,
    ...longFields(payload).map(([, value]) => value),
  ];
  for (const object of objects) {
    const copy = skippedKey(object.object);
    if (copy !== object.object) await storage.copy(object.object, copy);
    object.object = copy;
  }
  await storage.put(to, JSON.stringify(payload));
}
