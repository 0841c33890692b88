import type { components } from './schema.gen.d.ts';

/** Rows of the API, by the names that the page uses. */
type Schemas = components['schemas'];
export type Kind = 'ticket' | 'conversation';
export type Status = Schemas['Ticket']['status'];
export type Priority = Schemas['Ticket']['priority'];

/** A ticket or a conversation: `GET threads` has both. */
export type Thread = Omit<Schemas['Ticket'], 'kind' | 'number'> & {
  kind: Kind;
  /** Conversations have none. */
  number: number | null;
  /** Of a personal conversation. */
  owner_id?: string | null;
};
export type Message = Schemas['Message'];
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

/** Something that was done to a thread. */
export interface HistoryLine {
  id: string;
  at: string;
  actor: { kind: 'user' | 'token' | 'contact' | 'system'; id: string | null; name: string | null };
  action: string;
  from: unknown;
  to: unknown;
}
