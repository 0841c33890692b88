import type { Models } from './index.ts';

/** A shard key, as `sh.shardCollection` takes it. */
export type ShardKey = { workspace_id: 1 } | { _id: 'hashed' };

/** What grows with mail: all of a workspace is on one shard, which answers for it alone. */
const BY_WORKSPACE: ShardKey = { workspace_id: 1 };

/** Rows that belong to no workspace, or have one only later: a shard key can hardly change. */
const BY_ID: ShardKey = { _id: 'hashed' };

/**
 * Not sharded: it grows with people and addresses, is small, and is searched before a workspace is known, or has a
 * key that is unique over all workspaces.
 */
const WHOLE = null;

/**
 * The shard key of each collection, for an installation that shards (docs/scaling.md has the commands). In a
 * collection by workspace an `_id` is unique only on its shard: enough, since each is random, or a hash of things of
 * one workspace.
 */
const SHARD_KEYS: Record<Exclude<keyof Models, 'connection'>, ShardKey | null> = {
  Workspace: WHOLE,
  User: WHOLE,
  Member: WHOLE,
  Token: WHOLE,
  PasswordLink: WHOLE,
  Session: WHOLE,
  AccessMail: WHOLE,
  WorkspaceEmail: WHOLE,
  ForwardingAddress: WHOLE,
  AddressProof: WHOLE,
  PlatformAddress: WHOLE,
  Receiver: WHOLE,
  Domain: WHOLE,
  ProviderDomain: WHOLE,
  Contact: BY_WORKSPACE,
  Ticket: BY_WORKSPACE,
  Conversation: BY_WORKSPACE,
  Message: BY_WORKSPACE,
  Attachment: BY_WORKSPACE,
  Draft: WHOLE,
  Snippet: WHOLE,
  SavedView: WHOLE,
  ThreadId: BY_WORKSPACE,
  InboundEmail: BY_ID,
  PostToken: BY_ID,
  Repeat: WHOLE,
  ArchivePosition: WHOLE,
  Event: BY_WORKSPACE,
  StreamPosition: WHOLE,
  Webhook: WHOLE,
  WebhookDelivery: BY_WORKSPACE,
  Notification: BY_WORKSPACE,
  KeyedRequest: BY_WORKSPACE,
  Signal: WHOLE,
  History: BY_WORKSPACE,
  Team: WHOLE,
  ImageSender: WHOLE,
};

/** The shard key of a model's collection; null: the collection stays whole. */
export const shardKeyOf = (model: keyof typeof SHARD_KEYS): ShardKey | null => SHARD_KEYS[model];
