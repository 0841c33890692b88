import { useQuery } from '@tanstack/react-query';
import { BulkBar } from '../features/inbox/BulkBar.tsx';
import { EmptyList } from '../features/inbox/EmptyList.tsx';
import { FilterBar } from '../features/inbox/FilterBar.tsx';
import { filterOfView, narrowed } from '../features/inbox/filters.ts';
import { savedViewsQuery } from '../features/inbox/savedViews.ts';
import { ThreadList } from '../features/inbox/ThreadList.tsx';
import { words } from '../words/index.ts';
import { ListBar } from './ListBar.tsx';
import { useListPage } from './useListPage.ts';

interface Props {
  workspace: string;
  view: string;
  /** null: that of the saved view. */
  name: string | null;
}

/** The rows of a view, with what narrows and orders them. */
export function ListPane({ workspace, view, name }: Props) {
  const { data: saved = [] } = useQuery(savedViewsQuery(workspace));
  const savedView = view.startsWith('view:') ? saved.find(({ id }) => `view:${id}` === view) : undefined;
  const { filter, sort } = filterOfView(view, savedView?.sort);
  const page = useListPage({ workspace, view, filter, sort });
  const { list, search, setSearch } = page;
  const isNarrowed = narrowed(search);
  return (
    <>
      <ListBar name={name ?? savedView?.name ?? words.problem.notFound} />
      {list.chosen.size > 0 ? (
        <BulkBar workspace={workspace} page={page} />
      ) : (
        <FilterBar
          workspace={workspace}
          base={filter}
          search={search}
          sort={page.sort}
          onSearch={setSearch}
        />
      )}
      <ThreadList
        workspace={workspace}
        list={list}
        me={page.me}
        openId={page.openId}
        empty={
          <EmptyList
            workspace={workspace}
            view={view}
            isFiltered={isNarrowed}
            onClear={() => setSearch({})}
          />
        }
        onOpen={page.openRow}
      />
    </>
  );
}
