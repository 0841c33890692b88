import { makeIndexes, type Indexes } from './makeIndexes.ts';
import type { Migration } from './migration.ts';

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Written out rather than taken from the models: when a model declares a further index, databases that have
 * run this migration must get it from a new one. A test compares the models with what all migrations make.
 */
const INDEXES: Indexes = {
  users: [{ key: { email: 1 }, unique: true }],
  members: [
    { key: { workspace_id: 1, user_id: 1 }, unique: true },
    { key: { user_id: 1 } },
    { key: { workspace_id: 1, team_ids: 1 } },
  ],
  teams: [{ key: { workspace_id: 1, created_at: -1, _id: -1 } }],
  tokens: [
    { key: { workspace_id: 1, created_at: -1, _id: -1 } },
    { key: { workspace_id: 1, user_id: 1, created_at: -1, _id: -1 } },
  ],
  password_links: [{ key: { user_id: 1 } }, { key: { expires_at: 1 }, expireAfterSeconds: 0 }],
  sessions: [{ key: { user_id: 1, created_at: -1 } }, { key: { expires_at: 1 }, expireAfterSeconds: 0 }],
  access_mails: [
    { key: { state: 1, next_try_at: 1 } },
    { key: { created_at: 1 }, expireAfterSeconds: 30 * DAY_SECONDS },
  ],
  workspace_emails: [
    { key: { workspace_id: 1, address: 1 } },
    { key: { workspace_id: 1, created_at: -1, _id: -1 } },
    { key: { address: 1, created_at: 1 } },
  ],
  forwarding_addresses: [{ key: { address: 1 }, unique: true }, { key: { workspace_id: 1, created_at: 1 } }],
  address_proofs: [
    { key: { workspace_id: 1, workspace_email_id: 1 } },
    { key: { workspace_id: 1, state: 1 } },
    { key: { workspace_id: 1, references: 1 } },
    { key: { wants_start: 1 }, partialFilterExpression: { wants_start: true } },
  ],
  domains: [
    { key: { workspace_id: 1, name: 1 } },
    { key: { workspace_id: 1, created_at: -1, _id: -1 } },
    { key: { name: 1, created_at: 1 } },
    { key: { wants_start: 1 }, partialFilterExpression: { wants_start: true } },
  ],
  contacts: [
    { key: { workspace_id: 1, email: 1 }, unique: true },
    { key: { workspace_id: 1, audiences: 1, created_at: -1, _id: -1 } },
    { key: { workspace_id: 1, words: 1 } },
    { key: { workspace_id: 1, merged_into: 1 }, partialFilterExpression: { merged_into: { $exists: true } } },
  ],
  tickets: [{ key: { workspace_id: 1, number: 1 }, unique: true }, ...threadIndexes()],
  conversations: threadIndexes(),
  messages: [
    { key: { workspace_id: 1, thread_id: 1, audience: 1, created_at: 1, _id: 1 } },
    { key: { workspace_id: 1, thread_id: 1, audience: 1, state: 1, 'outbound.send_at': 1 } },
    { key: { workspace_id: 1, audience: 1, state: 1, created_at: -1, _id: -1 } },
    { key: { workspace_id: 1, message_id: 1, direction: 1 } },
    { key: { workspace_id: 1, audience: 1, names: 1 } },
    { key: { workspace_id: 1, inbound_email_id: 1 } },
    { key: { message_id: 1, direction: 1 }, partialFilterExpression: { direction: 'outbound' } },
    { key: { 'outbound.wants_start': 1 }, partialFilterExpression: { 'outbound.wants_start': true } },
    { key: { 'outbound.is_open': 1 }, partialFilterExpression: { 'outbound.is_open': true } },
  ],
  attachments: [
    { key: { workspace_id: 1, message_id: 1, position: 1 } },
    { key: { message_id: 1, created_at: 1 } },
  ],
  drafts: [
    { key: { workspace_id: 1, user_id: 1, sent_as: 1, updated_at: -1, _id: -1 } },
    { key: { workspace_id: 1, user_id: 1, sent_as: 1, thread_id: 1, updated_at: -1, _id: -1 } },
    { key: { workspace_id: 1, attachments: 1 } },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
  snippets: [{ key: { workspace_id: 1, audience: 1, created_at: -1, _id: -1 } }],
  saved_views: [{ key: { workspace_id: 1, audience: 1, created_at: -1, _id: -1 } }],
  thread_ids: [{ key: { workspace_id: 1, thread_id: 1, people: 1 } }],
  inbound_emails: [
    { key: { workspace_id: 1, created_at: -1, _id: -1 } },
    { key: { workspace_id: 1, state: 1, created_at: -1, _id: -1 } },
    { key: { state: 1, held_for: 1 } },
    { key: { state: 1, created_at: -1, _id: -1 } },
    { key: { state: 1, raw: 1, created_at: 1, _id: 1 } },
  ],
  post_tokens: [{ key: { created_at: 1 }, expireAfterSeconds: 2 * DAY_SECONDS }],
  events: [
    { key: { workspace_id: 1, at: 1, _id: 1 } },
    { key: { at: 1 }, expireAfterSeconds: 30 * DAY_SECONDS },
  ],
  webhooks: [{ key: { workspace_id: 1, created_at: -1, _id: -1 } }],
  webhook_deliveries: [
    { key: { workspace_id: 1, webhook_id: 1, created_at: -1, _id: -1 } },
    { key: { state: 1, _id: 1 }, partialFilterExpression: { state: 'pending' } },
    { key: { wants_start: 1 }, partialFilterExpression: { wants_start: true } },
    { key: { created_at: 1 }, expireAfterSeconds: 30 * DAY_SECONDS },
  ],
  notifications: [
    { key: { workspace_id: 1, user_id: 1, created_at: -1, _id: -1 } },
    { key: { workspace_id: 1, user_id: 1, read_at: 1, created_at: -1, _id: -1 } },
    { key: { mail: 1, mail_at: 1 }, partialFilterExpression: { mail: 'wanted' } },
    { key: { created_at: 1 }, expireAfterSeconds: 90 * DAY_SECONDS },
  ],
  image_senders: [
    { key: { workspace_id: 1, user_id: 1, address: 1 } },
    { key: { workspace_id: 1, user_id: 1, created_at: -1, _id: -1 } },
  ],
  keyed_requests: [
    { key: { created_at: 1 }, expireAfterSeconds: DAY_SECONDS },
    { key: { workspace_id: 1, created_at: 1 } },
  ],
  history: [{ key: { workspace_id: 1, thread_id: 1, audience: 1, created_at: 1, _id: 1 } }],
  signals: [
    { key: { workspace_id: 1, thread_id: 1, audience: 1, expires_at: 1 } },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
};

/** Those of tickets and conversations. */
function threadIndexes(): Indexes[string] {
  const listed = { workspace_id: 1, audience: 1, hidden: 1 } as const;
  const byCreation = { created_at: -1, _id: -1 } as const;
  const byActivity = { last_message_at: -1, _id: -1 } as const;
  const byWaiting = { waiting_since: -1, _id: -1 } as const;
  const byPriority = { priority_rank: -1, ...byActivity } as const;
  return [
    ...[byCreation, byActivity, byWaiting, byPriority].flatMap((order) => [
      { key: { ...listed, status: 1, ...order } },
      { key: { ...listed, agent_id: 1, status: 1, ...order } },
    ]),
    ...[byCreation, byActivity].flatMap((order) => [
      { key: { ...listed, ...order } },
      { key: { ...listed, contact_id: 1, ...order } },
      { key: { ...listed, workspace_email_id: 1, ...order } },
      { key: { ...listed, tags: 1, ...order } },
    ]),
    { key: { ...listed, snoozed_until: 1 } },
    { key: { ...listed, updated_at: 1 } },
    { key: { workspace_id: 1, audience: 1, hidden: 1, words: 1 } },
    { key: { workspace_id: 1, contact_id: 1 } },
    { key: { workspace_id: 1, merged_into: 1 }, partialFilterExpression: { merged_into: { $exists: true } } },
    { key: { snoozed_by: 1, snoozed_until: 1 } },
    { key: { merged_at: 1 }, partialFilterExpression: { merged_at: { $exists: true } } },
    { key: { deleted_at: 1 }, partialFilterExpression: { deleted_at: { $exists: true } } },
  ] as Indexes[string];
}

export const initialIndexes: Migration = {
  name: '0001-initial-indexes',
  up: (db) => makeIndexes(db, INDEXES),
};
