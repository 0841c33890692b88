import type { Connection, Model, mongo, Schema } from 'mongoose';
import {
  accessMailSchema,
  passwordLinkSchema,
  sessionSchema,
  type AccessMailRow,
  type PasswordLinkRow,
  type SessionRow,
} from './access.ts';
import { addressProofSchema, type AddressProofRow } from './addressProof.ts';
import { archivePositionSchema, type ArchivePositionRow } from './archivePosition.ts';
import { attachmentSchema, type AttachmentRow } from './attachment.ts';
import { contactSchema, type ContactRow } from './contact.ts';
import { domainSchema, providerDomainSchema, type DomainRow, type ProviderDomainRow } from './domain.ts';
import { draftSchema, type DraftRow } from './draft.ts';
import { eventSchema, streamPositionSchema, type EventRow, type StreamPositionRow } from './event.ts';
import { imageSenderSchema, type ImageSenderRow } from './imageSender.ts';
import { historySchema, type HistoryRow } from './history.ts';
import { inboundEmailSchema, type InboundEmailRow } from './inboundEmail.ts';
import { keyedRequestSchema, type KeyedRequestRow } from './keyedRequest.ts';
import {
  messageSchema,
  type InboundMessageRow,
  type MessageRow,
  type NoteRow,
  type OutboundMessageRow,
} from './message.ts';
import { notificationSchema, type NotificationRow } from './notification.ts';
import { platformAddressSchema, type PlatformAddressRow } from './platformAddress.ts';
import { postTokenSchema, type PostTokenRow } from './postToken.ts';
import { repeatSchema, type RepeatRow } from './repeat.ts';
import { receiverSchema, type ReceiverRow } from './receiver.ts';
import { savedViewSchema, type SavedViewRow } from './savedView.ts';
import { snippetSchema, type SnippetRow } from './snippet.ts';
import { signalSchema, type SignalRow } from './signal.ts';
import { teamSchema, type TeamRow } from './team.ts';
import { threadIdSchema, type ThreadIdRow } from './threadId.ts';
import { threadSchema, type ConversationRow, type TicketRow } from './thread.ts';
import { webhookDeliverySchema, webhookSchema, type WebhookDeliveryRow, type WebhookRow } from './webhook.ts';
import {
  memberSchema,
  tokenSchema,
  userSchema,
  workspaceSchema,
  type MemberRow,
  type TokenRow,
  type UserRow,
  type WorkspaceRow,
} from './workspace.ts';
import {
  forwardingAddressSchema,
  workspaceEmailSchema,
  type ForwardingAddressRow,
  type WorkspaceEmailRow,
} from './workspaceEmail.ts';

export type {
  AccessMailRow,
  AddressProofRow,
  ArchivePositionRow,
  AttachmentRow,
  ContactRow,
  ConversationRow,
  DomainRow,
  DraftRow,
  EventRow,
  ForwardingAddressRow,
  ImageSenderRow,
  HistoryRow,
  InboundEmailRow,
  InboundMessageRow,
  KeyedRequestRow,
  MemberRow,
  MessageRow,
  NoteRow,
  NotificationRow,
  OutboundMessageRow,
  PasswordLinkRow,
  PlatformAddressRow,
  PostTokenRow,
  RepeatRow,
  ProviderDomainRow,
  SavedViewRow,
  SessionRow,
  SnippetRow,
  SignalRow,
  TeamRow,
  ThreadIdRow,
  TicketRow,
  StreamPositionRow,
  TokenRow,
  UserRow,
  WebhookDeliveryRow,
  WebhookRow,
  WorkspaceEmailRow,
  WorkspaceRow,
};

/** Every collection, bound to one connection. */
export interface Models {
  connection: Connection;
  Workspace: Model<WorkspaceRow>;
  User: Model<UserRow>;
  Member: Model<MemberRow>;
  Token: Model<TokenRow>;
  PasswordLink: Model<PasswordLinkRow>;
  Session: Model<SessionRow>;
  AccessMail: Model<AccessMailRow>;
  WorkspaceEmail: Model<WorkspaceEmailRow>;
  ForwardingAddress: Model<ForwardingAddressRow>;
  AddressProof: Model<AddressProofRow>;
  PlatformAddress: Model<PlatformAddressRow>;
  Receiver: Model<ReceiverRow>;
  Domain: Model<DomainRow>;
  ProviderDomain: Model<ProviderDomainRow>;
  Contact: Model<ContactRow>;
  Ticket: Model<TicketRow>;
  Conversation: Model<ConversationRow>;
  Message: Model<MessageRow>;
  Attachment: Model<AttachmentRow>;
  Draft: Model<DraftRow>;
  Snippet: Model<SnippetRow>;
  SavedView: Model<SavedViewRow>;
  ThreadId: Model<ThreadIdRow>;
  InboundEmail: Model<InboundEmailRow>;
  PostToken: Model<PostTokenRow>;
  Repeat: Model<RepeatRow>;
  ArchivePosition: Model<ArchivePositionRow>;
  Event: Model<EventRow>;
  StreamPosition: Model<StreamPositionRow>;
  Webhook: Model<WebhookRow>;
  WebhookDelivery: Model<WebhookDeliveryRow>;
  Notification: Model<NotificationRow>;
  KeyedRequest: Model<KeyedRequestRow>;
  Signal: Model<SignalRow>;
  History: Model<HistoryRow>;
  Team: Model<TeamRow>;
  ImageSender: Model<ImageSenderRow>;
}

export function createModels(connection: Connection): Models {
  // Untyped on purpose: inferring mongoose's model types takes the compiler minutes and adds nothing to
  // `Model<Row>`.
  const bind = (name: string, schema: Schema, collection: string): unknown =>
    connection.model(name, schema, collection);
  const models = {
    connection,
    Workspace: bind('Workspace', workspaceSchema, 'workspaces'),
    User: bind('User', userSchema, 'users'),
    Member: bind('Member', memberSchema, 'members'),
    Token: bind('Token', tokenSchema, 'tokens'),
    PasswordLink: bind('PasswordLink', passwordLinkSchema, 'password_links'),
    Session: bind('Session', sessionSchema, 'sessions'),
    AccessMail: bind('AccessMail', accessMailSchema, 'access_mails'),
    WorkspaceEmail: bind('WorkspaceEmail', workspaceEmailSchema, 'workspace_emails'),
    ForwardingAddress: bind('ForwardingAddress', forwardingAddressSchema, 'forwarding_addresses'),
    AddressProof: bind('AddressProof', addressProofSchema, 'address_proofs'),
    PlatformAddress: bind('PlatformAddress', platformAddressSchema, 'platform_addresses'),
    Receiver: bind('Receiver', receiverSchema, 'receivers'),
    Domain: bind('Domain', domainSchema, 'domains'),
    ProviderDomain: bind('ProviderDomain', providerDomainSchema, 'provider_domains'),
    Contact: bind('Contact', contactSchema, 'contacts'),
    Ticket: bind('Ticket', threadSchema.ticket, 'tickets'),
    Conversation: bind('Conversation', threadSchema.conversation, 'conversations'),
    Message: bind('Message', messageSchema, 'messages'),
    Attachment: bind('Attachment', attachmentSchema, 'attachments'),
    Draft: bind('Draft', draftSchema, 'drafts'),
    Snippet: bind('Snippet', snippetSchema, 'snippets'),
    SavedView: bind('SavedView', savedViewSchema, 'saved_views'),
    ThreadId: bind('ThreadId', threadIdSchema, 'thread_ids'),
    InboundEmail: bind('InboundEmail', inboundEmailSchema, 'inbound_emails'),
    PostToken: bind('PostToken', postTokenSchema, 'post_tokens'),
    Repeat: bind('Repeat', repeatSchema, 'repeats'),
    ArchivePosition: bind('ArchivePosition', archivePositionSchema, 'archive_positions'),
    Event: bind('Event', eventSchema, 'events'),
    StreamPosition: bind('StreamPosition', streamPositionSchema, 'stream_positions'),
    Webhook: bind('Webhook', webhookSchema, 'webhooks'),
    WebhookDelivery: bind('WebhookDelivery', webhookDeliverySchema, 'webhook_deliveries'),
    Notification: bind('Notification', notificationSchema, 'notifications'),
    KeyedRequest: bind('KeyedRequest', keyedRequestSchema, 'keyed_requests'),
    Signal: bind('Signal', signalSchema, 'signals'),
    History: bind('History', historySchema, 'history'),
    Team: bind('Team', teamSchema, 'teams'),
    ImageSender: bind('ImageSender', imageSenderSchema, 'image_senders'),
  };
  return models as Models;
}

/**
 * The driver's own collection of a model, for operations that each mail needs. Mongoose costs twice the
 * driver's CPU time, because it casts and copies every row and filter; our types make that unnecessary.
 */
export const collectionOf = <Row extends mongo.Document>(model: Model<Row>): mongo.Collection<Row> =>
  model.collection as unknown as mongo.Collection<Row>;

/**
 * Creates the indexes that the models declare, for tests; resolves when they exist. An installation gets its
 * indexes from migrations (src/infra/migrations), and a test compares the two.
 */
export async function createIndexes(models: Models): Promise<void> {
  const { connection } = models;
  await Promise.all(connection.modelNames().map((name) => connection.model(name).createIndexes()));
}
