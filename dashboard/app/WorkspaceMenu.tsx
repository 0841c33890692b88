import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { classes } from '../components/classes.ts';
import { Menu, MenuItem, MenuLabel } from '../components/Menu.tsx';
import { Stamp } from '../components/Stamp.tsx';
import { words } from '../words/index.ts';

const route = getRouteApi('/w/$workspace');

/** Which workspace this is; with several, the way to the others. */
export function WorkspaceMenu({ workspace, small }: { workspace: string; small: boolean }) {
  const { session } = route.useRouteContext();
  const navigate = useNavigate();
  const { memberships } = session;
  const name = memberships.find(({ workspace_id }) => workspace_id === workspace)?.name ?? '';
  const look = classes(
    'flex h-10 min-w-0 flex-1 items-center gap-2 px-2 font-semibold',
    small && 'flex-none px-0',
  );
  const inner = (
    <>
      <Stamp />
      {!small && <span className="truncate">{name}</span>}
    </>
  );
  if (memberships.length < 2) return <div className={look}>{inner}</div>;
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={words.shell.workspace(name)}
          className={classes(look, 'rounded hover:bg-bg-2')}
        >
          {inner}
          {!small && <ChevronDown size={14} aria-hidden className="text-fg-3" />}
        </button>
      }
    >
      <MenuLabel>{words.shell.workspaces}</MenuLabel>
      {memberships.map(({ workspace_id, name: each }) => (
        <MenuItem
          key={workspace_id}
          chosen={workspace_id === workspace}
          onSelect={() =>
            void navigate({ to: '/w/$workspace/$view', params: { workspace: workspace_id, view: 'inbox' } })
          }
        >
          {each}
        </MenuItem>
      ))}
    </Menu>
  );
}
