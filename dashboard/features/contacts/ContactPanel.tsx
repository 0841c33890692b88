import { useQuery } from '@tanstack/react-query';
import { Bones } from '../../components/Bones.tsx';
import { Failed } from '../../components/Failed.tsx';
import type { Kind, Thread } from '../../lib/rows.ts';
import { exact, moment, span } from '../../lib/time.ts';
import { threadQuery } from '../../lib/threadQueries.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { ContactHead } from './ContactHead.tsx';
import { ContactNotes } from './ContactNotes.tsx';
import { contactQuery } from './contactQueries.ts';
import { EarlierThreads } from './EarlierThreads.tsx';

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}

/** Who wrote: what else they wrote, and what colleagues know about them. */
export function ContactPanel({ workspace, kind, id }: Props) {
  const { data: thread } = useQuery(threadQuery(workspace, { kind, id }));
  const contactId = thread?.contact?.id;
  const {
    data: contact,
    error,
    refetch,
  } = useQuery({
    ...contactQuery(workspace, contactId ?? ''),
    enabled: contactId !== undefined,
  });
  if (thread && !thread.contact) return <p className="p-4 text-fg-3">{words.contacts.nobody}</p>;
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!thread || !contact) return <Bones rows={3} height={56} />;
  return (
    <div className="grid content-start gap-5 p-4">
      <ContactHead workspace={workspace} contact={contact} />
      <Facts thread={thread} />
      <EarlierThreads workspace={workspace} contact={contact.id} except={id} />
      <ContactNotes key={contact.id} workspace={workspace} contact={contact} />
    </div>
  );
}

function Facts({ thread }: { thread: Thread }) {
  const now = useNow(30_000);
  const { waiting_since, workspace_email, created_at, owner_id } = thread;
  const { contacts } = words;
  return (
    <dl className="grid grid-cols-[76px_minmax(0,1fr)] gap-x-2 gap-y-1.5">
      {waiting_since !== null && (
        <>
          <dt className="text-fg-3">{contacts.waiting}</dt>
          <dd className="text-warn" title={exact(waiting_since)}>
            {span(now.getTime() - Date.parse(waiting_since))}
          </dd>
        </>
      )}
      {workspace_email && (
        <>
          <dt className="text-fg-3">{contacts.reached}</dt>
          <dd className="truncate" title={workspace_email.address}>
            {workspace_email.address}
          </dd>
        </>
      )}
      <dt className="text-fg-3">{contacts.began}</dt>
      <dd title={exact(created_at)}>{moment(created_at, now)}</dd>
      {owner_id != null && (
        <>
          <dt className="text-fg-3">{contacts.owner}</dt>
          <dd>{contacts.personal}</dd>
        </>
      )}
    </dl>
  );
}
