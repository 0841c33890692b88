import { getRouteApi, Outlet, useParams } from '@tanstack/react-router';
import { Blank } from '../components/Blank.tsx';
import { Splitter } from '../components/Splitter.tsx';
import { classes } from '../components/classes.ts';
import { Drafts } from '../features/inbox/Drafts.tsx';
import { Outbox } from '../features/inbox/Outbox.tsx';
import { useWidth } from '../lib/useWidth.ts';
import { viewOf } from '../lib/views.ts';
import { words } from '../words/index.ts';
import { ListPane } from './ListPane.tsx';
import { SearchPane } from './SearchPane.tsx';
import { useShell } from './shellState.ts';

const route = getRouteApi('/w/$workspace/$view');

/** A list, and the thread that is open beside it. */
export function ListScreen() {
  const { workspace, view } = route.useParams();
  const { id = null } = useParams({ strict: false });
  const { listWidth, setListWidth } = useShell();
  const width = useWidth();
  const isPhone = width === 'phone';
  return (
    <>
      {(!isPhone || id === null) && (
        <section
          aria-label={words.shell.list}
          style={isPhone ? undefined : { width: width === 'narrow' ? Math.min(listWidth, 340) : listWidth }}
          className={classes('flex min-w-0 flex-col border-line', isPhone ? 'flex-1' : 'shrink-0 border-r')}
        >
          <Pane workspace={workspace} view={view} />
        </section>
      )}
      {!isPhone && (
        <Splitter name={words.shell.listWidth} width={listWidth} min={280} max={560} onWidth={setListWidth} />
      )}
      <Outlet />
      {!isPhone && id === null && (
        <main className="flex min-w-0 flex-1">
          <Blank title={words.shell.noneOpen}>{words.shell.noneOpenHint}</Blank>
        </main>
      )}
    </>
  );
}

function Pane({ workspace, view }: { workspace: string; view: string }) {
  if (view === 'search') return <SearchPane workspace={workspace} />;
  if (view === 'drafts') return <Drafts workspace={workspace} />;
  if (view === 'outbox') return <Outbox workspace={workspace} />;
  return <ListPane key={`${workspace} ${view}`} workspace={workspace} view={view} name={nameOf(view)} />;
}

const nameOf = (view: string): string | null =>
  viewOf(view)?.name ?? (view.startsWith('tag:') ? view.slice('tag:'.length) : null);
