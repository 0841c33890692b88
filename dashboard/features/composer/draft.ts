import { textOf } from '../../lib/htmlText.ts';
import type { Address, Attachment, Thread } from '../../lib/rows.ts';

export type Mode = 'reply' | 'reply_all' | 'forward' | 'note' | 'new';
/** Where a draft of a thread stands: an answer and a note are two drafts, and never become each other. */
export type Slot = 'reply' | 'note';

/** What is being written, with everything that goes with it. */
export interface Draft {
  mode: Mode;
  /** The message that is answered or forwarded. */
  messageId: string | null;
  /** Which of our addresses it goes out from; null: the server chooses. */
  from: string | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  html: string;
  files: Attachment[];
  /** The message that is quoted below. */
  quote: string | null;
  /** Whether the signature is put below it. */
  isSigned: boolean;
  /** Colleagues who are mentioned in a note. */
  mentions: string[];
  /** The newest message that was there when it was begun: an answer to what came later is asked about first. */
  after: string | null;
  /** What a snippet changes of the thread when it goes out. */
  changes: Partial<Pick<Thread, 'status' | 'tags' | 'agent_id' | 'priority'>>;
  /** Of a new one. */
  newKind: 'ticket' | 'conversation';
}

export const EMPTY: Draft = {
  mode: 'reply',
  messageId: null,
  from: null,
  to: [],
  cc: [],
  bcc: [],
  subject: '',
  html: '',
  files: [],
  quote: null,
  isSigned: true,
  mentions: [],
  after: null,
  changes: {},
  newKind: 'ticket',
};

export const slotOf = (mode: Mode): Slot => (mode === 'note' ? 'note' : 'reply');

/** Whether the agent has written nothing that would be missed. */
export const isBlank = ({ html, files }: Pick<Draft, 'html' | 'files'>): boolean =>
  textOf(html).trim() === '' && !/<(?:img|table|hr)\b/i.test(html) && files.length === 0;
