import { PanelLeft } from 'lucide-react';
import { IconButton } from '../components/IconButton.tsx';
import { words } from '../words/index.ts';
import { useShell } from './shellState.ts';

/** On a phone the sidebar is a drawer: opens it. */
export function DrawerButton() {
  const { setDrawer } = useShell();
  return (
    <IconButton
      name={words.shell.mailboxes}
      icon={PanelLeft}
      onClick={() => setDrawer(true)}
      className="min-[721px]:hidden"
    />
  );
}
