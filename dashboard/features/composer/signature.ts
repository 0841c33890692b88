import { useQuery } from '@tanstack/react-query';
import { emailsQuery } from '../../lib/emails.ts';
import { meQuery } from '../../lib/me.ts';
import { signatureOf } from './signatureOf.ts';

/** What is put below the text when it goes out: my signature, and that of the address. null: there is none. */
export function useSignature(workspace: string, from: string | null): string | null {
  const { data: me } = useQuery(meQuery(workspace));
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const email = emails.find(({ address }) => address === from);
  return signatureOf(me?.signature ?? null, email?.signature ?? null);
}
