import type { components } from './schema.gen.d.ts';

/** Rows of the API, by the names that the page uses. */
type Schemas = components['schemas'];
export type Kind = 'ticket' | 'conversation';
export type Direction = 'inbound' | 'outbound' | 'note';
export type Status = Schemas['Ticket']['status'];
export type Priority = Schemas['Ticket']['priority'];

/** A ticket or a conversation, as lists and `GET threads` have it. */
export type Thread = Omit<Schemas['Ticket'], 'number' | keyof Summary> &
  Summary & { number: number | null; owner_id?: string | null };

/** What a thread says of its messages. */
interface Summary {
  kind: Kind;
  preview: string;
  last_message: {
    id: string;
    direction: Direction;
    from: Address | null;
    author_id: string | null;
    at: string;
  } | null;
  message_count: number;
  has_attachments: boolean;
  waiting_since: string | null;
  unread: boolean;
  snoozed_until: string | null;
  trouble: 'failed' | 'unconfirmed' | null;
  scheduled_at: string | null;
  followed: boolean;
}
/** `edited_at`: of a note. */
export type Message = Schemas['Message'] & { edited_at?: string | null };
export type Attachment = Schemas['Attachment'];
export type Member = Schemas['Member'];
export type Contact = Schemas['Contact'];
export type WorkspaceEmail = Schemas['WorkspaceEmail'];
export type Address = Schemas['Address'];

/** Names one thread. */
export interface ThreadRef {
  kind: Kind;
  id: string;
}
export const refOf = ({ kind, id }: ThreadRef): ThreadRef => ({ kind, id });

/** Something that was done to a thread. */
export interface HistoryLine {
  id: string;
  at: string;
  actor: { kind: 'user' | 'token' | 'contact' | 'system'; id: string | null; name: string | null };
  action: string;
  from: unknown;
  to: unknown;
}
