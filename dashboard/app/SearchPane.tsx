import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Blank } from '../components/Blank.tsx';
import { BulkBar } from '../features/inbox/BulkBar.tsx';
import { ThreadList } from '../features/inbox/ThreadList.tsx';
import { SearchBox } from '../features/search/SearchBox.tsx';
import { SearchHelp } from '../features/search/SearchHelp.tsx';
import { useLate } from '../lib/useLate.ts';
import { words } from '../words/index.ts';
import { ListBar } from './ListBar.tsx';
import { useBarePage } from './useBarePage.ts';
import { useListPage } from './useListPage.ts';

const REST_MS = 200;

/** Search in everything that one may see; what is looked for stands in the URL. */
export function SearchPane({ workspace }: { workspace: string }) {
  const { q = '' } = useSearch({ strict: false });
  const [typed, setTyped] = useState(q);
  // The URL follows what is typed; it also changes by itself, by a link or the browser's way back.
  const [followed, setFollowed] = useState(q);
  if (q !== followed) {
    setFollowed(q);
    if (q !== typed.trim()) setTyped(q);
  }
  const late = useLate(typed.trim(), REST_MS);
  const navigate = useNavigate();
  useEffect(() => {
    if (late === q.trim()) return;
    void navigate({
      to: '/w/$workspace/$view',
      params: { workspace, view: 'search' },
      search: late === '' ? {} : { q: late },
      replace: true,
    });
    // Only what is typed: what the URL changes to by itself is no reason to change it back.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [late]);
  return (
    <>
      <ListBar name={words.shell.search}>
        <h1 className="sr-only">{words.shell.search}</h1>
        <SearchBox value={typed} onValue={setTyped} />
      </ListBar>
      {q === '' ? (
        <NoQuery workspace={workspace} onPick={setTyped} />
      ) : (
        <Results key={q} workspace={workspace} q={q} />
      )}
    </>
  );
}

function NoQuery({ workspace, onPick }: { workspace: string; onPick: (query: string) => void }) {
  useBarePage(workspace, 'search');
  return <SearchHelp onPick={onPick} />;
}

function Results({ workspace, q }: { workspace: string; q: string }) {
  const filter = { q, snoozed: 'any' };
  const page = useListPage({ workspace, view: 'search', filter, sort: '-last_message_at' });
  return (
    <>
      {page.list.chosen.size > 0 && <BulkBar workspace={workspace} page={page} />}
      <ThreadList
        workspace={workspace}
        list={page.list}
        me={page.me}
        openId={page.openId}
        onOpen={page.openRow}
        empty={
          <Blank icon={Search} title={words.list.search.none}>
            {words.list.search.noneHint}
          </Blank>
        }
      />
    </>
  );
}
