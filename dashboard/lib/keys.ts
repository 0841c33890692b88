import type { Kind } from './rows.ts';

/** Keys of what was read. Everything of a workspace begins with it, so that one call forgets all of it. */
export const keys = {
  workspace: (workspace: string) => ['w', workspace] as const,
  threads: (workspace: string) => ['w', workspace, 'threads'] as const,
  list: (workspace: string, query: object) => ['w', workspace, 'threads', query] as const,
  thread: (workspace: string, kind: Kind, id: string) => ['w', workspace, 'thread', kind, id] as const,
  messages: (workspace: string, kind: Kind, id: string) => ['w', workspace, 'messages', kind, id] as const,
  history: (workspace: string, kind: Kind, id: string) => ['w', workspace, 'history', kind, id] as const,
  counts: (workspace: string) => ['w', workspace, 'counts'] as const,
  members: (workspace: string) => ['w', workspace, 'members'] as const,
  emails: (workspace: string) => ['w', workspace, 'emails'] as const,
  tags: (workspace: string) => ['w', workspace, 'tags'] as const,
  views: (workspace: string) => ['w', workspace, 'views'] as const,
  contact: (workspace: string, id: string) => ['w', workspace, 'contact', id] as const,
  notifications: (workspace: string) => ['w', workspace, 'notifications'] as const,
  drafts: (workspace: string) => ['w', workspace, 'drafts'] as const,
  snippets: (workspace: string) => ['w', workspace, 'snippets'] as const,
  me: (workspace: string) => ['w', workspace, 'me'] as const,
  outbox: (workspace: string) => ['w', workspace, 'outbox'] as const,
};
