import type { Address } from '../../mail/addresses.ts';
import type { REPLY_MODES } from '../../infra/models/draft.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadFields } from '../../infra/models/outbound.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';

/** How a message is answered. */
export type ReplyKind = (typeof REPLY_MODES)[number];

/** What an agent wants to send or note; its form has been validated (src/api/draft.ts). */
export interface Draft {
  /** Null: the default recipients of a reply. Empty: none. */
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[];
  /** Null: the subject of the message that is answered. */
  subject: string | null;
  /** Normalised; null: the default. */
  sendingEmail: string | null;
  text: string | null;
  /** As the agent wrote it, not sanitised. */
  html: string | null;
  /** Ids of uploads. */
  attachments: string[];
  sendAt: Date | null;
  /** Null: the workspace's setting. */
  undoSeconds: number | null;
  /** How the thread changes when the message can no longer be taken back. */
  threadChange: ThreadFields | null;
  /** How it answers; null: as a reply to all. */
  kind: ReplyKind | null;
  /** Id of the message that is put below it. */
  quote: string | null;
  /** It is called off when the customer writes before `sendAt`. */
  cancelOnReply: boolean;
  /** Members whom a note mentions. */
  mentions: string[];
}

/** The agent who writes it. */
export interface Author {
  workspaceId: string;
  userId: string;
}

/** The thread to which it belongs. */
export interface ReplyThread {
  kind: MessageRow['thread_kind'];
  row: ThreadRow;
}

/**
 * The draft cannot be saved. `message` tells the agent why, as the rest of a sentence that begins with the
 * field's name.
 */
export class Unfit extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
