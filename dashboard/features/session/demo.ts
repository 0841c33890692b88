import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { Problem } from '../../lib/problem.ts';
import { opened } from './session.ts';

/** The demo's people; none where it is no demo. */
export const demoQuery = queryOptions({
  queryKey: ['demo'],
  staleTime: Infinity,
  queryFn: async () => {
    try {
      return (await read(api.GET('/api/v1/demo/people')))?.data ?? [];
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return [];
      throw error;
    }
  },
});

export async function signInAs(user_id: string): Promise<void> {
  opened(await read(api.POST('/api/v1/demo/sessions', { body: { user_id } })));
}
