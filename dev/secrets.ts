import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { newToken } from '../src/lib/tokens.ts';

/**
 * Random values of this checkout, made once: shared by the demo's people, the local Mailgun, web and worker.
 */
export interface Secrets {
  api_token: string;
  member_token: string;
  second_token: string;
  mime_token: string;
  signing_key: string;
  mailgun_api_key: string;
  url_secret: string;
  secrets_key: string;
  forwarding_local_part: string;
  /** Of each of the demo's people. */
  demo_password: string;
}

/** Reads `<dataDir>/secrets.json` and adds the secrets that it lacks. Only the file's owner may read it. */
export function loadSecrets(dataDir: string): Secrets {
  const file = path.join(dataDir, 'secrets.json');
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  const fresh: Secrets = {
    api_token: newToken('owner'),
    member_token: newToken('member'),
    second_token: newToken('second'),
    mime_token: newToken('mime'),
    signing_key: hex(16),
    mailgun_api_key: `key-${hex(16)}`,
    url_secret: hex(32),
    secrets_key: hex(32),
    forwarding_local_part: `fwd-${hex(8)}`,
    demo_password: hex(8),
  };
  const existing = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>) : {};
  const secrets = { ...fresh, ...existing };
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}
