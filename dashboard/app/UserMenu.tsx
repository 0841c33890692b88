import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { KEYS_OFF } from '../actions/perform.ts';
import { Avatar } from '../components/Avatar.tsx';
import { classes } from '../components/classes.ts';
import { Menu, MenuItem, MenuLabel, MenuLine } from '../components/Menu.tsx';
import { showToast } from '../lib/toasts.ts';
import { signOut, signOutEverywhere } from '../features/session/session.ts';
import { sentence } from '../lib/problem.ts';
import { setTheme, theme, type Theme } from '../lib/theme.ts';
import { useKept } from '../lib/useKept.ts';
import { words } from '../words/index.ts';
import { useShell } from './shellState.ts';

const route = getRouteApi('/w/$workspace');
const THEMES: { id: Theme; name: string; icon: typeof Sun }[] = [
  { id: 'system', name: words.shell.system, icon: Monitor },
  { id: 'light', name: words.shell.light, icon: Sun },
  { id: 'dark', name: words.shell.dark, icon: Moon },
];

/** The person who is signed in: how the page looks, and the way out. */
export function UserMenu({ small }: { workspace: string; small: boolean }) {
  const { user } = route.useRouteContext().session;
  const [chosen, setChosen] = useState(theme);
  const [keysOff, setKeysOff] = useKept(KEYS_OFF, false);
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
      <p className="px-2 pt-1 pb-2 text-s text-fg-3">{user.email}</p>
      <MenuLabel>{words.shell.theme}</MenuLabel>
      {THEMES.map(({ id, name: each, icon }) => (
        <MenuItem
          key={id}
          icon={icon}
          chosen={chosen === id}
          onSelect={() => {
            setTheme(id);
            setChosen(id);
          }}
        >
          {each}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Keyboard} keys="?" onSelect={() => show('keys')}>
        {words.shell.keys}
      </MenuItem>
      <MenuItem chosen={!keysOff} onSelect={() => setKeysOff(!keysOff)}>
        {words.acts.keysOn}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={() => leave(signOut)}>
        {words.shell.signOut}
      </MenuItem>
      <MenuItem onSelect={() => leave(signOutEverywhere)}>{words.shell.signOutEverywhere}</MenuItem>
    </Menu>
  );
}
