import type { ApiUser } from './visibility.ts';

/** Audience of what a member keeps for everybody, or for themselves. */
export const keptFor = (isShared: boolean, { userId }: ApiUser): string =>
  isShared ? 'shared' : `owner:${userId}`;

/** Filter for snippets and saved views that are shared or the user's own. */
export const keptBy = (user: ApiUser) => ({
  workspace_id: user.workspaceId,
  audience: { $in: [keptFor(true, user), keptFor(false, user)] },
});
