import { getRouteApi } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Bones } from '../components/Bones.tsx';
import { Failed } from '../components/Failed.tsx';
import { Guard } from '../components/Guard.tsx';
import { Snippets } from '../features/settings/Snippets.tsx';
import { Work } from '../features/settings/Work.tsx';
import { You } from '../features/settings/You.tsx';
import { meQuery } from '../lib/me.ts';
import { words } from '../words/index.ts';
import { DrawerButton } from './DrawerButton.tsx';
import { useBarePage } from './useBarePage.ts';

/** With the editor, so it comes with the composer. */
const RichField = lazy(() => import('../features/composer/RichField.tsx'));
const route = getRouteApi('/w/$workspace');

/** What a member sets for themselves. The workspace's own settings will stand beside it. */
export default function SettingsScreen() {
  const { workspace } = route.useParams();
  const { data: me, error, refetch } = useQuery(meQuery(workspace));
  useBarePage(workspace, null);
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-(--bar) shrink-0 items-center gap-2 border-b border-line px-3 max-[720px]:px-1.5">
        <DrawerButton />
        <h1 className="text-l font-semibold tracking-[-0.01em]">{words.settings.title}</h1>
      </header>
      {/* What scrolls must be reached by the keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div tabIndex={0} className="min-h-0 flex-1 overflow-auto px-8 outline-offset-[-2px] max-[720px]:px-4">
        <div className="mx-auto max-w-[880px]">
          {error && !me ? (
            <Failed error={error} retry={() => void refetch()} />
          ) : !me ? (
            <Bones rows={3} height={120} />
          ) : (
            <Guard>
              <Suspense fallback={<Bones rows={3} height={120} />}>
                <You workspace={workspace} me={me} rich={RichField} />
                <Work workspace={workspace} me={me} />
                <Snippets workspace={workspace} rich={RichField} />
              </Suspense>
            </Guard>
          )}
        </div>
      </div>
    </main>
  );
}
