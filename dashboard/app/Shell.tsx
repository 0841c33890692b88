import { getRouteApi, Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useKeys } from '../actions/perform.ts';
import { NewThread } from '../features/composer/NewThread.tsx';
import { keep } from '../lib/storage.ts';
import { useWidth } from '../lib/useWidth.ts';
import { words } from '../words/index.ts';
import { LAST_WORKSPACE } from './session.ts';
import { ShellContext, useShellState } from './shellState.ts';
import { Sidebar } from './Sidebar.tsx';
import { useLive } from './useLive.ts';
import { useSignedOut } from './useSignedOut.ts';
import { useTitle } from './useTitle.ts';

const Palette = lazy(() => import('./Palette.tsx'));
const KeysDialog = lazy(() => import('./KeysDialog.tsx'));
const route = getRouteApi('/w/$workspace');

/** The page of somebody who is signed in: sidebar and what is beside it. */
export function Shell() {
  const { workspace } = route.useParams();
  const shell = useShellState();
  const live = useLive(workspace);
  const width = useWidth();
  useKeys();
  useSignedOut();
  useTitle(workspace);
  useEffect(catchFiles, []);
  useEffect(() => keep(LAST_WORKSPACE, workspace), [workspace]);
  const place = useRouterState({ select: ({ location }) => location.pathname });
  // On a phone the sidebar lies over the rest, until a place is chosen in it.
  const [seenAt, setSeenAt] = useState(place);
  if (seenAt !== place) {
    setSeenAt(place);
    shell.setDrawer(false);
  }
  const { shown, show } = shell;
  return (
    <ShellContext value={shell}>
      <div className="flex h-dvh flex-col">
        <div className="flex min-h-0 flex-1">
          {(width !== 'phone' || shell.drawer) && <Sidebar workspace={workspace} />}
          <Outlet />
        </div>
        {/* Below all else, so that it covers nothing and moves nothing that is read. */}
        {live !== 'live' && (
          <p
            role="status"
            className="shrink-0 bg-warn-bg px-4 py-1.5 text-center text-s font-medium text-warn"
          >
            {live === 'offline' ? words.shell.live.offline : words.shell.live.down}
          </p>
        )}
      </div>
      <NewThread workspace={workspace} />
      <Suspense fallback={null}>
        {shown === 'commands' && <Palette workspace={workspace} onClose={() => show(null)} />}
        {shown === 'keys' && <KeysDialog onClose={() => show(null)} />}
      </Suspense>
    </ShellContext>
  );
}

/** A file that is dropped beside the composer must not take the place of the page. */
function catchFiles(): () => void {
  const stop = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  };
  addEventListener('dragover', stop);
  addEventListener('drop', stop);
  return () => {
    removeEventListener('dragover', stop);
    removeEventListener('drop', stop);
  };
}
