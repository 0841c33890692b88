import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { keys } from './keys.ts';
import type { Member } from './rows.ts';

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
  /** The id of who is signed in. */
  me: string;
  members: Member[];
  /** null: nobody here has this id (any more). */
  nameOf: (id: string | null) => string | null;
}

export function usePeople(workspace: string): People {
  const session = useQueryClient().getQueryData<{ user: { id: string } }>(['session']);
  const { data: members = [] } = useQuery(membersQuery(workspace));
  const nameOf = (id: string | null) => {
    const member = members.find((each) => each.id === id);
    return member ? member.name || member.email : null;
  };
  return { me: session?.user.id ?? '', members, nameOf };
}
