import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { Problem } from '../../lib/problem.ts';
import { opened, type Session } from './session.ts';

/** One of the demo's people. These two routes are only there under `npm start`, so OpenAPI does not have them. */
interface Person {
  user_id: string;
  name: string;
  role: string;
}

/** The demo's people; none where it is no demo. */
export const demoQuery = queryOptions({
  queryKey: ['demo'],
  staleTime: Infinity,
  queryFn: async () => {
    try {
      const answer = api.GET('/api/v1/demo/people' as never) as Promise<{ data?: { data: Person[] } }>;
      return (await read(answer)).data;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return [];
      throw error;
    }
  },
});

export async function signInAs(user_id: string): Promise<void> {
  const body = { user_id } as never;
  const answer = api.POST('/api/v1/demo/sessions' as never, { body } as never) as Promise<{ data?: Session }>;
  opened(await read(answer));
}
