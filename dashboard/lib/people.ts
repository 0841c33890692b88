import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { keys } from './keys.ts';
import type { Member } from './rows.ts';
import type { components } from './schema.gen.d.ts';

/** Everyone in the workspace. */
const membersQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.members(workspace),
    staleTime: 10 * 60_000,
    queryFn: async ({ signal }): Promise<Member[]> => {
      const path = { workspace_id: workspace };
      const page = await read(
        api.GET('/api/v1/workspaces/{workspace_id}/members', {
          signal,
          params: { path, query: { limit: 100 } },
        }),
      );
      return page.data;
    },
  });

export interface People {
  /** Of this workspace. */
  workspaceName: string;
  /** The id of who is signed in. */
  me: string;
  members: Member[];
  /** null: nobody here has this id (any more). */
  nameOf: (id: string | null) => string | null;
}

type Session = components['schemas']['Session'];

export function usePeople(workspace: string): People {
  const session = useQueryClient().getQueryData<Session>(['session']);
  const { data: members = [] } = useQuery(membersQuery(workspace));
  const nameOf = (id: string | null) => {
    const member = members.find((each) => each.id === id);
    return member ? member.name || member.email : null;
  };
  const workspaceName =
    session?.memberships.find(({ workspace_id }) => workspace_id === workspace)?.name ?? '';
  return { me: session?.user.id ?? '', members, nameOf, workspaceName };
}
