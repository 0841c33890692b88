import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { StoredMail } from '../../../src/mail/storedMail.ts';
import { digest } from '../../../src/infra/parser/digest.ts';
import * as fields from '../../../dev/mailgun/fields.ts';
import { readHeaders } from '../../../dev/mailgun/headers.ts';
import { readParts } from '../../../dev/mailgun/readMail.ts';
import { postOf } from './post.ts';

/**
 * A mail read in every form, taken apart by Mailgun's stand-in, which reads mail with another parser than
 * ours.
 */
export async function inEveryForm(
  eml: string,
  folder: string,
  sender: string,
): Promise<Record<'mime' | 'rawMime' | 'forward' | 'store', StoredMail>> {
  const headers = await readHeaders(eml);
  const parts = await readParts(eml, mkdtempSync(path.join(folder, 'parts-')));
  const common = [
    ...fields.commonFields('in@acme.test', sender, headers, { trace: [], filter: [] }),
    ...fields.bodyFields(parts),
  ];
  const files = parts.files.map((file, n) => ({
    field: `attachment-${n + 1}`,
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    object: `post.file-${n + 1}`,
  }));
  const objects = Object.fromEntries(parts.files.map(({ file }, n) => [`post.file-${n + 1}`, file]));
  const stored = fields.storedFields(parts.files, 'https://s.mailgun.net/v3/domains/d/messages/k', 'd');
  return {
    mime: await digest(postOf('mime', { mime: eml })),
    rawMime: await digest(postOf('mailgun', { mime: eml, fields: [['sender', sender]] })),
    forward: await digest(
      postOf('mailgun', { fields: [...common, ...fields.fileFields(parts.files)], files, objects }),
    ),
    store: await digest(postOf('mailgun', { fields: [...common, ...stored] })),
  };
}
