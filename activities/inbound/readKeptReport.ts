import { reportFiles } from '../../src/mail/reportParts.ts';
import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { applyReport } from './applyReport.ts';
import { readMail } from './readMail.ts';
import type { Deps } from '../deps.ts';
import { remoteFileKey } from '../../src/infra/archive/keys.ts';

/**
 * Reads a bounce again whose parts the provider had kept: only now that they are in the archive do they show
 * which message bounced.
 */
export async function readKeptReport(deps: Deps, row: InboundEmailRow): Promise<void> {
  if (row.state !== 'skipped' || row.mail?.report?.originalMessageId !== null) return;
  const kept = await keptParts(deps, row);
  if (kept.length === 0) return;
  const payload = StoredPost.parse(JSON.parse((await deps.storage.readAll(row.key)).toString('utf8')));
  const { mail } = await readMail(deps, { ...payload, files: [...payload.files, ...kept] }, row.recipient);
  const report = mail?.report;
  if (!report) return;
  const about_message_id = await applyReport(deps, { ...row, mail }, report);
  await deps.models.InboundEmail.updateOne(
    { _id: row._id, run: row.run, state: 'skipped' },
    { $set: { 'mail.report': report, about_message_id, updated_at: new Date() } },
  );
}

/** The fetched parts, as files of the post. */
async function keptParts({ storage }: Deps, row: InboundEmailRow): Promise<StoredPost['files']> {
  const files = (row.mail?.files ?? []).map((file, n) => ({ ...file, object: remoteFileKey(row.key, n) }));
  const kept = [...reportFiles(files, (file) => file.contentType).values()].filter(
    (file) => 'url' in file.source,
  );
  const sizes = await Promise.all(kept.map((file) => storage.size(file.object)));
  return kept.flatMap(({ filename, contentType: content_type, object }, n) => {
    const size = sizes[n] ?? null;
    return size === null ? [] : [{ field: `attachment-${n + 1}`, filename, content_type, size, object }];
  });
}
