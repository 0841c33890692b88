import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What `.postroom/ready.json` tells scripts about the running installation. */
export interface Ready {
  web_url: string;
  /** Null where the Temporal that is used was configured without TEMPORAL_UI_URL. */
  temporal_ui_url: string | null;
  temporal_address: string;
  mongodb_uri: string;
  mailgun_url: string;
  /** JSON list of what the local Mailgun delivered, newest first; null where a real account is configured. */
  mailgun_outbox_url: string | null;
  /** Puts and deletes records of the demo DNS server (`PUT {records: [{name, type, value}]}`); null where a real account is configured. */
  dns_records_url: string | null;
  webhook_url: string;
  events_url: string;
  signing_key: string;
  /** Of the demo workspace's owner. */
  api_token: string;
  /** Of Dana, a member. */
  member_token: string;
  /** Opens `/webhooks/mime/inbound`. */
  mime_token: string;
  workspace_id: string;
  /** Sees nothing of the demo workspace, nor it of this one. */
  other_workspace: { id: string; api_token: string };
  /** Of the demo workspace. */
  emails: { address: string; purpose: string; user_id: string | null }[];
  /** Of the demo workspace: each forwarding address with its parent. */
  forwarding: { address: string; workspace_email: string }[];
  pid: number;
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'ready.json');

/** Appears whole or not at all. Only its owner may read it: it holds tokens. */
export function writeReady(dataDir: string, ready: Ready): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(ready, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeReady(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** @returns null when nothing is ready. */
export function readReady(dataDir: string): Ready | null {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Ready;
  } catch {
    return null;
  }
}
