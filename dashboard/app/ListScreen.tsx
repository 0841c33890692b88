import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { ThreadList } from '../features/inbox/ThreadList.tsx';
import { useList } from '../features/inbox/useList.ts';
import { viewOf, VIEWS } from '../features/inbox/views.ts';

const route = getRouteApi('/w/$workspace/$view');
const parent = getRouteApi('/w/$workspace');

/** A list, and the thread that is open beside it. */
export function ListScreen() {
  const { workspace, view: viewId } = route.useParams();
  const { session } = parent.useRouteContext();
  const { id = null } = useParams({ strict: false });
  const navigate = useNavigate();
  const view = viewOf(viewId) ?? VIEWS[0]!;
  const list = useList(workspace, view.filter, view.sort ?? '-last_message_at');
  return (
    <>
      <section className="flex w-[372px] flex-col border-r border-line">
        <h2 className="p-3 text-l font-semibold">{view.name}</h2>
        <ThreadList
          list={list}
          me={session.user.id}
          openId={id}
          empty={null}
          onNear={() => undefined}
          onOpen={(row) =>
            void navigate({
              to: '/w/$workspace/$view/$kind/$id',
              params: { workspace, view: viewId, kind: row.kind, id: row.id },
            })
          }
        />
      </section>
      <Outlet />
    </>
  );
}
