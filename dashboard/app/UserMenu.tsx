import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Keyboard, LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react';
import { Avatar } from '../components/Avatar.tsx';
import { classes } from '../components/classes.ts';
import { Menu, MenuItem, MenuLabel, MenuLine } from '../components/Menu.tsx';
import { showToast } from '../lib/toasts.ts';
import { signOut, signOutEverywhere } from '../features/session/session.ts';
import { sentence } from '../lib/problem.ts';
import { changeMe, useMe } from '../lib/me.ts';
import { theme, type Theme } from '../lib/theme.ts';
import { words } from '../words/index.ts';
import { useShell } from './shellState.ts';

const route = getRouteApi('/w/$workspace');
const THEMES: { id: Theme; name: string; icon: typeof Sun }[] = [
  { id: 'system', name: words.shell.system, icon: Monitor },
  { id: 'light', name: words.shell.light, icon: Sun },
  { id: 'dark', name: words.shell.dark, icon: Moon },
];

/** The person who is signed in: how the page looks, and the way out. */
export function UserMenu({ workspace, small }: { workspace: string; small: boolean }) {
  const { user } = route.useRouteContext().session;
  const me = useMe(workspace);
  const chosen = me?.theme ?? theme();
  const { show } = useShell();
  const navigate = useNavigate();
  const name = user.name || user.email;
  const leave = (act: () => Promise<void>) =>
    void act().then(
      () => navigate({ to: '/sign-in' }),
      (error: unknown) => showToast(sentence(error), { tone: 'bad' }),
    );
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={small ? words.shell.account(name) : undefined}
          className={classes(
            'flex h-9 shrink-0 items-center gap-2.5 rounded px-2 text-fg-2 hover:bg-bg-2 pointer-coarse:h-11',
            small && 'justify-center px-0',
          )}
        >
          <Avatar name={name} me size={20} />
          {!small && <span className="min-w-0 flex-1 truncate text-start">{name}</span>}
        </button>
      }
    >
      <MenuLabel>{user.email}</MenuLabel>
      <MenuLabel>{words.shell.theme}</MenuLabel>
      {THEMES.map(({ id, name: each, icon }) => (
        <MenuItem
          key={id}
          icon={icon}
          chosen={chosen === id}
          onSelect={() => void changeMe(workspace, { theme: id })}
        >
          {each}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Keyboard} keys="?" onSelect={() => show('keys')}>
        {words.shell.keys}
      </MenuItem>
      <MenuItem
        icon={Settings}
        onSelect={() => void navigate({ to: '/w/$workspace/settings', params: { workspace } })}
      >
        {words.shell.settings}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={() => leave(signOut)}>
        {words.shell.signOut}
      </MenuItem>
      <MenuItem onSelect={() => leave(signOutEverywhere)}>{words.shell.signOutEverywhere}</MenuItem>
    </Menu>
  );
}
