import { getRouteApi, Outlet } from '@tanstack/react-router';
import { NewThread } from '../features/composer/NewThread.tsx';

const route = getRouteApi('/w/$workspace');

/** The page of somebody who is signed in: sidebar and what is beside it. */
export function Shell() {
  const { workspace } = route.useParams();
  return (
    <div className="flex h-dvh">
      <Outlet />
      <NewThread workspace={workspace} />
    </div>
  );
}
