import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { emailsQuery } from '../../lib/emails.ts';
import { keys } from '../../lib/keys.ts';
import { signatureOf } from './signatureOf.ts';

const meQuery = (workspace: string) => ({
  queryKey: [...keys.members(workspace), 'me'],
  staleTime: 10 * 60_000,
  retry: false,
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const params = { path: { workspace_id: workspace } };
    const path = '/api/v1/workspaces/{workspace_id}/members/me' as never;
    return (await read(api.GET(path, { signal, params } as never))) as { signature: string | null };
  },
});

/** What is put below the text when it goes out: my signature, and that of the address. null: there is none. */
export function useSignature(workspace: string, from: string | null): string | null {
  const { data: me } = useQuery(meQuery(workspace));
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const email = emails.find(({ address }) => address === from) as { signature?: string | null } | undefined;
  return signatureOf(me?.signature ?? null, email?.signature ?? null);
}
