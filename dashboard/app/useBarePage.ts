import { getRouteApi, useNavigate, useParams } from '@tanstack/react-router';
import type { Page } from '../actions/page.ts';
import { usePage } from '../actions/perform.ts';
import type { Kind, ThreadRef } from '../lib/rows.ts';
import { cachedThread } from '../lib/threadCache.ts';
import { goTo } from './go.ts';
import { useShell } from './shellState.ts';

const route = getRouteApi('/w/$workspace');

/**
 * A page without a list of threads: drafts, outbox, settings. What can be done anywhere can be done here, and with the thread
 * that is open; `j` and `k` go from link to link.
 */
export function useBarePage(workspace: string, view: string | null): void {
  const { user } = route.useRouteContext().session;
  const { kind, id } = useParams({ strict: false });
  const navigate = useNavigate();
  const shell = useShell();
  const open: ThreadRef | null = id === undefined ? null : { kind: kind as Kind, id };
  const row = open && cachedThread(workspace, open);
  const go = (to: string) => goTo(navigate, workspace, to);
  const back = () => {
    if (open !== null && view !== null) go(view);
  };
  const page: Page = {
    workspace,
    me: user.id,
    open,
    targets: row ? [row] : [],
    isChoosing: false,
    list: view === null ? null : { isEmpty: false, step: focusBeside, openActive: () => undefined },
    go,
    back,
    leave: (act) => {
      act();
      back();
    },
    pick: () => undefined,
    show: (what) => (what === 'search' ? go('search') : shell.show(what)),
    toggle: (pane) => {
      if (pane === 'sidebar') shell.setSidebar(!shell.sidebar);
      else shell.setPanel(!shell.panel);
    },
  };
  usePage(page);
}

/** The rows of such a list are links and buttons. */
function focusBeside(direction: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  (rows[at + direction] ?? rows[at] ?? rows[0])?.focus();
}
