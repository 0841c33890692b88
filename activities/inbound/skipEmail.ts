import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { objectsOf } from '../../src/infra/archive/payloads.ts';
import { StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { remoteFileKey, skippedKey } from '../../src/infra/archive/keys.ts';
import { readRow, writeRow } from './inboundRow.ts';

/**
 * Skips a mail: copies the payload to `<provider>-skipped/`, then sets the row's key to the copy. A sweep
 * deletes the original once the run has closed (src/sweeps/deleteOriginals.ts), so the copy is complete.
 */
export async function skipEmail(deps: Deps, mail: InboundRun, reason: string): Promise<void> {
  const row = await readRow(deps, mail, { key: 1, 'mail.files': 1 });
  const key = skippedKey(row.key);
  if (key !== row.key) {
    await copyRemoteFiles(deps, row, key);
    await copyPayload(deps, row.key, key);
  }
  const isMoved = key !== row.key;
  await writeRow(deps, mail, ['received'], {
    state: 'skipped',
    reason,
    key,
    ...(isMoved && { original_left: true }),
  });
}

/** Holds mail for an address that is not proved yet; after the proof it runs again. */
export async function holdEmail(deps: Deps, mail: InboundRun, reason: string): Promise<void> {
  await writeRow(deps, mail, ['received'], { state: 'held', reason });
}

/** Files that an earlier run fetched from the provider, who may no longer have them. */
async function copyRemoteFiles({ storage }: Deps, row: InboundEmailRow, to: string): Promise<void> {
  for (const n of row.mail?.files.keys() ?? []) {
    const object = remoteFileKey(row.key, n);
    if ((await storage.size(object)) !== null) await storage.copy(object, remoteFileKey(to, n));
  }
}

async function copyPayload({ storage }: Deps, from: string, to: string): Promise<void> {
  const payload = StoredPost.parse(JSON.parse((await storage.readAll(from)).toString('utf8')));
  for (const object of objectsOf(payload)) {
    const copy = skippedKey(object.object);
    if (copy !== object.object) await storage.copy(object.object, copy);
    object.object = copy;
  }
  await storage.put(to, JSON.stringify(payload));
}
