import type { Address } from '../../mail/addresses.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';

/** What an agent asks to be sent or noted, right in its form (src/api/draft.ts). */
export interface Draft {
  /** Null: those that a reply has by default. Empty: nobody. */
  to: Address[] | null;
  cc: Address[] | null;
  bcc: Address[];
  /** Null: that of the message which is answered. */
  subject: string | null;
  /** Normalised; null: the default. */
  sendingEmail: string | null;
  text: string | null;
  /** As it was written. */
  html: string | null;
  /** Ids of uploads. */
  attachments: string[];
  sendAt: Date | null;
  /** Null: the workspace's. */
  undoSeconds: number | null;
}

/** Who writes. */
export interface Author {
  workspaceId: string;
  userId: string;
}

/** Where it goes. */
export interface ReplyThread {
  kind: MessageRow['thread_kind'];
  row: ThreadRow;
}

/** What is asked for cannot be saved; `message` says why, in words for the agent. */
export class Unfit extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
