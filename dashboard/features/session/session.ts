import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { queryClient } from '../../lib/query.ts';
import { Problem } from '../../lib/problem.ts';

/** Who is signed in and where they are a member; null: nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: Infinity,
  queryFn: async () => {
    try {
      return await read(api.GET('/api/v1/session'));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});
export type Session = NonNullable<Awaited<ReturnType<NonNullable<(typeof sessionQuery)['queryFn']>>>>;

export async function signIn(email: string, password: string): Promise<void> {
  opened(await read(api.POST('/api/v1/sessions', { body: { email, password } })));
}

/** Ends the session here; what other pages of this browser show goes with it. */
export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session');
  queryClient.clear();
}

/** Ends every session of the person, on every device. */
export async function signOutEverywhere(): Promise<void> {
  await api.DELETE('/api/v1/sessions');
  queryClient.clear();
}

/** What was read as somebody else is forgotten. */
export function opened(session: Session | undefined): void {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session ?? null);
}
