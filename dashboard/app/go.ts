import type { useNavigate } from '@tanstack/react-router';

/** Goes to a place of the sidebar. */
export function goTo(navigate: ReturnType<typeof useNavigate>, workspace: string, view: string): void {
  if (view === 'settings') void navigate({ to: '/w/$workspace/settings', params: { workspace } });
  else void navigate({ to: '/w/$workspace/$view', params: { workspace, view }, search: {} });
}
