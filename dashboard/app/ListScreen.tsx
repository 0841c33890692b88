import { getRouteApi, Outlet, useParams } from '@tanstack/react-router';
import { Blank } from '../components/Blank.tsx';
import { Splitter } from '../components/Splitter.tsx';
import { classes } from '../components/classes.ts';
import { Drafts } from '../features/inbox/Drafts.tsx';
import { FirstSteps, useIsNew } from '../features/inbox/FirstSteps.tsx';
import { Outbox } from '../features/inbox/Outbox.tsx';
import { useWidth } from '../lib/useWidth.ts';
import { viewOf } from '../lib/views.ts';
import { words } from '../words/index.ts';
import { ListBar } from './ListBar.tsx';
import { ListPane } from './ListPane.tsx';
import { SearchPane } from './SearchPane.tsx';
import { useShell } from './shellState.ts';
import { useBarePage } from './useBarePage.ts';

const route = getRouteApi('/w/$workspace/$view');
const MIN_PX = 280;
const MAX_PX = 560;
const NARROW_PX = 340;

/** A list, and the thread that is open beside it. */
export function ListScreen() {
  const { workspace, view } = route.useParams();
  const { id = null } = useParams({ strict: false });
  const { listWidth, setListWidth, show } = useShell();
  const isNew = useIsNew(workspace) && view === 'inbox';
  const width = useWidth();
  const isPhone = width === 'phone';
  // With one pane the list is what the page is about.
  const List = isPhone ? 'main' : 'section';
  const shownWidth = width === 'narrow' ? Math.min(listWidth, NARROW_PX) : listWidth;
  return (
    <>
      {/* On a phone the thread has its place; it stays, since it knows what is next and where it was scrolled to. */}
      <List
        data-pane="list"
        aria-label={words.shell.list}
        hidden={isPhone && id !== null}
        style={isPhone ? undefined : { width: shownWidth }}
        className={classes(
          'relative min-w-0 flex-col border-line not-[[hidden]]:flex',
          isPhone ? 'flex-1' : 'shrink-0 border-r',
        )}
      >
        <Pane workspace={workspace} view={view} />
        {!isPhone && (
          <Splitter
            name={words.shell.listWidth}
            width={shownWidth}
            min={MIN_PX}
            max={MAX_PX}
            onWidth={setListWidth}
          />
        )}
      </List>
      <Outlet />
      {!isPhone && id === null && (
        <main className="flex min-w-0 flex-1">
          {isNew ? (
            <FirstSteps workspace={workspace} onKeys={() => show('keys')} />
          ) : (
            <Blank title={words.shell.noneOpen}>{words.shell.noneOpenHint}</Blank>
          )}
        </main>
      )}
    </>
  );
}

function Pane({ workspace, view }: { workspace: string; view: string }) {
  if (view === 'search') return <SearchPane workspace={workspace} />;
  if (view === 'drafts' || view === 'outbox') return <LinePane workspace={workspace} view={view} />;
  return <ListPane key={`${workspace} ${view}`} workspace={workspace} view={view} name={nameOf(view)} />;
}

function LinePane({ workspace, view }: { workspace: string; view: 'drafts' | 'outbox' }) {
  useBarePage(workspace, view);
  return (
    <>
      <ListBar name={words.shell[view]} />
      {view === 'drafts' ? <Drafts workspace={workspace} /> : <Outbox workspace={workspace} />}
    </>
  );
}

const nameOf = (view: string): string | null =>
  viewOf(view)?.name ?? (view.startsWith('tag:') ? view.slice('tag:'.length) : null);
