import type { components } from './schema.gen.d.ts';

/** Rows of the API, by the names that the page uses. */
type Schemas = components['schemas'];
export type Kind = 'ticket' | 'conversation';
export type Thread = Schemas['Thread'];
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
export const refOf = ({ kind, id }: ThreadRef): ThreadRef => ({ kind, id });
