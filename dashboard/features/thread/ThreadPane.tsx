import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import { Problem } from '../../lib/problem.ts';
import type { Kind } from '../../lib/rows.ts';
import { Banners } from './Banners.tsx';
import { Fields } from './Fields.tsx';
import { Gone } from './Gone.tsx';
import { Messages } from './Messages.tsx';
import { mergedInto, Moved } from './Moved.tsx';
import { ThreadHead } from './ThreadHead.tsx';
import { threadQuery } from '../../lib/threadQueries.ts';

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}

const route = getRouteApi('/w/$workspace/$view');

/** The open thread: its head, how it stands, and its messages. */
export function ThreadPane({ workspace, kind, id }: Props) {
  const { message = null } = route.useSearch();
  const { data, error, refetch } = useQuery(threadQuery(workspace, { kind, id }));
  if (error instanceof Problem && error.status === 404 && !data?.deleted_at) {
    const target = mergedInto(error.body, kind);
    return target ? <Moved workspace={workspace} to={target} /> : <Gone workspace={workspace} />;
  }
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Bones />;
  return (
    <>
      <ThreadHead workspace={workspace} thread={data} />
      <Fields workspace={workspace} thread={data} />
      <Banners workspace={workspace} thread={data} />
      <Messages key={message} workspace={workspace} thread={data} at={message} />
    </>
  );
}
