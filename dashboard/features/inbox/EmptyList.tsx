import { useQuery } from '@tanstack/react-query';
import { Copy, Inbox, Mail, SearchX } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { BUTTON, Button } from '../../components/Button.tsx';
import { emailsQuery, frontDoor } from '../../lib/emails.ts';
import { showToast } from '../../lib/toasts.ts';
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

/** The first mail: by the agent's own mail program, or in the demo by a command. */
function SendYourself({ address, isDemo }: { address: string; isDemo: boolean }) {
  const { empty } = words.list;
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
  const command = empty.command(address);
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    showToast(empty.copied);
  };
  return (
    <div className="grid justify-items-center gap-3">
      <code className="rounded bg-bg-2 px-2.5 py-1.5 text-start font-mono text-s wrap-anywhere">
        {command}
      </code>
      <Button kind="main" icon={Copy} onClick={() => void copy()}>
        {empty.copyCommand}
      </Button>
    </div>
  );
}
