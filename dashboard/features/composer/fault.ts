import { words } from '../../words/index.ts';
import { isAddress } from './addresses.ts';
import { isBlank, type Draft } from './draft.ts';

/** What keeps it from being sent. Pure. */
export function faultOf(draft: Draft, isUploading: boolean): string | null {
  const { composer } = words;
  if (isUploading) return composer.stillUploading;
  if (isBlank(draft) && draft.mode !== 'forward') return composer.empty;
  if (draft.mode === 'note') return null;
  const people = [...draft.to, ...draft.cc, ...draft.bcc];
  if (people.length === 0) return composer.noRecipient;
  return people.every(({ email }) => isAddress(email)) ? null : composer.badRecipients;
}
