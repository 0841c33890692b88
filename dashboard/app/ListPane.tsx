import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useState } from 'react';
import { Blank } from '../components/Blank.tsx';
import { BulkBar } from '../features/inbox/BulkBar.tsx';
import { EmptyList } from '../features/inbox/EmptyList.tsx';
import { FilterBar } from '../features/inbox/FilterBar.tsx';
import { useIsNew } from '../features/inbox/FirstSteps.tsx';
import { filterOfView, narrowed } from '../features/inbox/filters.ts';
import { savedViewsQuery } from '../features/inbox/savedViews.ts';
import { ThreadList } from '../features/inbox/ThreadList.tsx';
import { deleteView } from '../features/inbox/viewActs.ts';
import { ViewDialog } from '../features/inbox/ViewDialog.tsx';
import { ViewMenu } from '../features/inbox/ViewMenu.tsx';
import { narrowingIn } from '../features/inbox/viewQuery.ts';
import { demoQuery } from '../features/session/demo.ts';
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
  const { data: saved } = useQuery(savedViewsQuery(workspace));
  const savedView = view.startsWith('view:') ? saved?.find(({ id }) => `view:${id}` === view) : undefined;
  const { filter, sort } = filterOfView(view, savedView?.sort);
  const page = useListPage({ workspace, view, filter, sort });
  const { list, search, setSearch } = page;
  const [isSaving, setSaving] = useState(false);
  const isNew = useIsNew(workspace);
  const { data: people = [] } = useQuery({ ...demoQuery, enabled: isNew });
  const navigate = useNavigate();
  const show = (id: string) => void navigate({ to: '/w/$workspace/$view', params: { workspace, view: id } });
  if (view.startsWith('view:') && saved !== undefined && savedView === undefined)
    return (
      <>
        <ListBar name={words.views.gone} />
        <div className="flex flex-1">
          <Blank icon={SearchX} title={words.views.gone}>
            {words.views.goneHint}
          </Blank>
        </div>
      </>
    );
  return (
    <>
      <ListBar
        name={name ?? savedView?.name ?? ''}
        aside={
          savedView && (
            <ViewMenu
              onEdit={() => setSaving(true)}
              onDelete={() => void deleteView(workspace, savedView).then((gone) => gone && show('inbox'))}
            />
          )
        }
      />
      {list.chosen.size > 0 ? (
        <BulkBar workspace={workspace} page={page} />
      ) : (
        <FilterBar
          workspace={workspace}
          base={filter}
          search={search}
          sort={page.sort}
          onSearch={setSearch}
          onSave={() => setSaving(true)}
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
            isFiltered={narrowed(search)}
            isNew={isNew}
            isDemo={people.length > 0}
            onClear={() => setSearch({})}
          />
        }
        onOpen={page.openRow}
      />
      {isSaving && (
        <ViewDialog
          workspace={workspace}
          view={savedView ?? null}
          filter={filter}
          narrowing={narrowingIn(search)}
          sort={page.sort}
          onClose={() => setSaving(false)}
          onSaved={(id, hasFilter) => {
            setSaving(false);
            if (hasFilter) show(`view:${id}`);
          }}
        />
      )}
    </>
  );
}
