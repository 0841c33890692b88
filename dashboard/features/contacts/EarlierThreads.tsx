import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { exact, moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { earlierQuery } from './contactQueries.ts';

interface Props {
  workspace: string;
  contact: string;
  /** The thread that is open. */
  except: string;
}

/** The other threads of a person. */
export function EarlierThreads({ workspace, contact, except }: Props) {
  const { view = 'all' } = useParams({ strict: false });
  const { data } = useQuery(earlierQuery(workspace, contact));
  const rows = data?.filter(({ id }) => id !== except);
  const { contacts, thread } = words;
  return (
    <section>
      <h3 className="pb-1.5 text-s font-[550] text-fg-3">{contacts.earlier}</h3>
      {rows?.length === 0 && <p className="text-fg-3">{contacts.noEarlier}</p>}
      <ul className="grid gap-2">
        {rows?.map(({ id, kind, subject, status, last_message_at }) => (
          <li key={id}>
            <Link
              to="/w/$workspace/$view/$kind/$id"
              params={{ workspace, view, kind, id }}
              search={(all) => ({ ...all, message: undefined })}
              dir="auto"
              className="block truncate text-start text-accent hover:underline"
            >
              {subject || thread.noSubject}
            </Link>
            <p className="text-s text-fg-3" title={exact(last_message_at)}>
              {`${thread.status[status]}, ${moment(last_message_at, new Date())}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
