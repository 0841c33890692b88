import { useMutation, useQuery } from '@tanstack/react-query';
import { Inbox, Mail, SearchX } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { BUTTON, Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { api } from '../../lib/api.ts';
import { emailsQuery, frontDoor } from '../../lib/emails.ts';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';

interface Props {
  workspace: string;
  view: string;
  isFiltered: boolean;
  /** Nothing has ever come in. */
  isNew: boolean;
  /** It is the demo: mail comes from the local Mailgun alone. */
  isDemo: boolean;
  onClear: () => void;
}

/** A list without rows: says why, and what brings some. */
export function EmptyList({ workspace, view, isFiltered, isNew, isDemo, onClear }: Props) {
  const { empty } = words.list;
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const address = frontDoor(emails);
  if (isFiltered)
    return (
      <Blank
        icon={SearchX}
        title={empty.title}
        action={<Button onClick={onClear}>{empty.clearFilter}</Button>}
      >
        {empty.filtered}
      </Blank>
    );
  if (view !== 'inbox') return <Blank title={empty.title}>{empty.hint}</Blank>;
  return (
    <Blank
      icon={Inbox}
      title={empty.inboxTitle}
      action={address !== undefined && isNew && <SendYourself address={address} isDemo={isDemo} />}
    >
      {address !== undefined && empty.inboxHint(address)}
    </Blank>
  );
}

/** The first mail: by the agent's own mail program, or in the demo by the local Mailgun. */
function SendYourself({ address, isDemo }: { address: string; isDemo: boolean }) {
  const { empty } = words.list;
  const sending = useMutation({ mutationFn: () => sendDemoMail(address) });
  if (!isDemo)
    return (
      <a
        href={`mailto:${address}?subject=${encodeURIComponent(empty.firstSubject)}`}
        className={`${BUTTON} border-accent bg-accent text-accent-fg hover:opacity-90`}
      >
        <Mail size={16} strokeWidth={1.75} aria-hidden />
        {empty.sendYourself}
      </a>
    );
  return (
    <div className="grid justify-items-center gap-3">
      <Button
        kind="main"
        icon={Mail}
        busy={sending.isPending || sending.isSuccess}
        onClick={() => sending.mutate()}
      >
        {empty.sendYourself}
      </Button>
      {sending.isError && <Notice tone="bad">{sentence(sending.error)}</Notice>}
    </div>
  );
}

/** This route is only there under `npm start`, so OpenAPI does not have it. */
const sendDemoMail = (to: string) => api.POST('/api/v1/demo/mails' as never, { body: { to } } as never);
