import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Content of `.postroom/ready.json`: the running installation, for scripts. */
export interface Ready {
  web_url: string;
  dashboard_url: string;
  /** Null when TEMPORAL_ADDRESS was set without TEMPORAL_UI_URL. */
  temporal_ui_url: string | null;
  temporal_address: string;
  mongodb_uri: string;
  mailgun_url: string;
  /** JSON list of what the local Mailgun delivered, newest first; null with a real account. */
  mailgun_outbox_url: string | null;
  /**
   * Changes records of the demo DNS server (`PUT {records: [{name, type, value}]}`); null with a real
   * account.
   */
  dns_records_url: string | null;
  webhook_url: string;
  events_url: string;
  signing_key: string;
  /** Of the demo workspace's owner. */
  api_token: string;
  /** Of Dana, a member. */
  member_token: string;
  /** Bearer token of `/webhooks/mime/inbound`. */
  mime_token: string;
  workspace_id: string;
  /** A second workspace: neither can see anything of the other. */
  other_workspace: { id: string; api_token: string };
  /** Of the demo workspace. */
  emails: { address: string; purpose: string; user_id: string | null }[];
  /** Of the demo workspace: each forwarding address with its parent. */
  forwarding: { address: string; workspace_email: string }[];
  /** The people of the demo workspace. */
  people: { name: string; email: string; password: string; role: string; user_id: string }[];
  pid: number;
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'ready.json');

/**
 * Written by rename, so readers see the whole file or none. Only its owner may read it, because it holds
 * tokens.
 */
export function writeReady(dataDir: string, ready: Ready): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(ready, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeReady(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** @returns null when no installation is ready. */
export function readReady(dataDir: string): Ready | null {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Ready;
  } catch {
    return null;
  }
}
