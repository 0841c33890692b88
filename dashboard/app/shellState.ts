import { createContext, use, useState } from 'react';
import { useKept } from '../lib/useKept.ts';

/** Which parts of the shell are shown, and how wide. */
export interface ShellState {
  sidebar: boolean;
  setSidebar: (shown: boolean) => void;
  panel: boolean;
  setPanel: (shown: boolean) => void;
  listWidth: number;
  setListWidth: (width: number) => void;
  panelWidth: number;
  setPanelWidth: (width: number) => void;
  /** On a phone: the sidebar over the rest. */
  drawer: boolean;
  setDrawer: (shown: boolean) => void;
  shown: 'keys' | 'commands' | null;
  show: (what: 'keys' | 'commands' | null) => void;
}

export function useShellState(): ShellState {
  const [sidebar, setSidebar] = useKept('sidebar', true);
  const [panel, setPanel] = useKept('panel', true);
  const [listWidth, setListWidth] = useKept('listWidth', 372);
  const [panelWidth, setPanelWidth] = useKept('panelWidth', 264);
  const [drawer, setDrawer] = useState(false);
  const [shown, show] = useState<ShellState['shown']>(null);
  return {
    sidebar,
    setSidebar,
    panel,
    setPanel,
    listWidth,
    setListWidth,
    panelWidth,
    setPanelWidth,
    drawer,
    setDrawer,
    shown,
    show,
  };
}

export const ShellContext = createContext<ShellState | null>(null);

export function useShell(): ShellState {
  const shell = use(ShellContext);
  if (shell === null) throw new Error('outside of the shell');
  return shell;
}
