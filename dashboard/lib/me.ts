import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { keys } from './keys.ts';
import { sentence } from './problem.ts';
import { queryClient } from './query.ts';
import type { components } from './schema.gen.d.ts';
import { keep, recall } from './storage.ts';
import { setTheme } from './theme.ts';
import { showToast } from './toasts.ts';

/** The member who is signed in, with what they set for themselves. */
export type Me = components['schemas']['Me'];
export type MeChange = Partial<
  Pick<Me, 'name' | 'signature' | 'keys_on' | 'next_after_close' | 'theme' | 'notifications'>
>;

export const meQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.me(workspace),
    staleTime: 10 * 60_000,
    queryFn: async ({ signal }): Promise<Me> => {
      const params = { path: { workspace_id: workspace } };
      return obey(await read(api.GET('/api/v1/workspaces/{workspace_id}/members/me', { signal, params })));
    },
  });

export const useMe = (workspace: string): Me | undefined => useQuery(meQuery(workspace)).data;

/** What the page asks at once, also before the server has answered: as it was the last time in this browser. */
interface Habits {
  keysOn: boolean;
  nextAfterClose: boolean;
}
const HABITS = 'habits';
export const habits = (): Habits => recall<Habits>(HABITS, { keysOn: true, nextAfterClose: true });

/** The settings count in every browser of the member. */
function obey(me: Me): Me {
  keep(HABITS, { keysOn: me.keys_on, nextAfterClose: me.next_after_close } satisfies Habits);
  setTheme(me.theme);
  return me;
}

/** Changes settings: shown at once, taken back with a sentence when refused. @returns whether it was taken */
export async function changeMe(workspace: string, change: MeChange): Promise<boolean> {
  const { queryKey } = meQuery(workspace);
  const before = queryClient.getQueryData(queryKey);
  await queryClient.cancelQueries({ queryKey });
  if (before) queryClient.setQueryData(queryKey, obey({ ...before, ...change }));
  try {
    const params = { path: { workspace_id: workspace } };
    const path = '/api/v1/workspaces/{workspace_id}/members/me';
    queryClient.setQueryData(queryKey, obey(await read(api.PATCH(path, { params, body: change }))));
    return true;
  } catch (error) {
    if (before) queryClient.setQueryData(queryKey, obey(before));
    showToast(sentence(error), { tone: 'bad' });
    return false;
  }
}
