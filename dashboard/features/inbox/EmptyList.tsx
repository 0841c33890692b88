import { useQuery } from '@tanstack/react-query';
import { Inbox, Mail, SearchX } from 'lucide-react';
import { Blank } from '../../components/Blank.tsx';
import { Button } from '../../components/Button.tsx';
import { emailsQuery } from '../../lib/emails.ts';
import { ask } from '../../lib/intents.ts';
import { words } from '../../words/index.ts';

interface Props {
  workspace: string;
  view: string;
  isFiltered: boolean;
  onClear: () => void;
}

/** A list without rows: says why, and what brings some. */
export function EmptyList({ workspace, view, isFiltered, onClear }: Props) {
  const { empty } = words.list;
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const address = emails.find(({ purpose, can_receive }) => purpose === 'ticket' && can_receive)?.address;
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
      action={
        address !== undefined && (
          <Button kind="main" icon={Mail} onClick={() => ask('write', { to: address })}>
            {empty.sendYourself}
          </Button>
        )
      }
    >
      {address !== undefined && empty.inboxHint(address)}
    </Blank>
  );
}
