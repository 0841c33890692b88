import { redirect } from '@tanstack/react-router';
import { sessionQuery, type Session } from '../features/session/session.ts';
import { api } from '../lib/api.ts';
import { Problem } from '../lib/problem.ts';
import { queryClient } from '../lib/query.ts';
import { recall } from '../lib/storage.ts';
import type { ThreadRef } from '../lib/rows.ts';

/** @param href where to come back to. @throws redirect to the sign-in page when nobody is signed in */
export async function requireSession(href: string): Promise<Session> {
  const session = await queryClient.query({ ...sessionQuery, staleTime: 'static' });
  if (session === null) throw redirect({ to: '/sign-in', search: { back: href }, replace: true });
  return session;
}

export const LAST_WORKSPACE = 'workspace';

/** The workspace that was seen last, else the first. */
export function homeOf({ memberships }: Session): string {
  const last = recall<string | null>(LAST_WORKSPACE, null);
  const home = memberships.find(({ workspace_id }) => workspace_id === last) ?? memberships[0];
  return home?.workspace_id ?? 'none';
}

/** The workspace in which the person may see a thread; without one the first, which then says that it is not there. */
export async function workspaceOf(session: Session, { kind, id }: ThreadRef): Promise<string> {
  const home = homeOf(session);
  if (session.memberships.length < 2) return home;
  const path =
    kind === 'ticket'
      ? '/api/v1/workspaces/{workspace_id}/tickets/{id}'
      : '/api/v1/workspaces/{workspace_id}/conversations/{id}';
  for (const { workspace_id } of session.memberships)
    try {
      await api.GET(path, { params: { path: { workspace_id, id } } });
      return workspace_id;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
  return home;
}
