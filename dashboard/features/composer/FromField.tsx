import { useQuery } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { usePeople } from '../../lib/people.ts';
import { words } from '../../words/index.ts';
import { emailsQuery } from '../../lib/emails.ts';
import { sendersFor } from './senders.ts';

interface Props {
  workspace: string;
  from: string | null;
  onChange: (from: string) => void;
}

/** Which of our addresses it goes out from. */
export function FromField({ workspace, from, onChange }: Props) {
  const { me } = usePeople(workspace);
  const { data: emails = [], isSuccess } = useQuery(emailsQuery(workspace));
  const senders = sendersFor(emails, me);
  const { composer } = words;
  return (
    <>
      <span className="text-fg-3">{composer.from}</span>
      <div>
        {isSuccess && senders.length === 0 ? (
          <span className="text-bad">{composer.noSender}</span>
        ) : (
          <Menu
            trigger={
              <button
                type="button"
                aria-label={`${composer.from}: ${from ?? ''}`}
                className="inline-flex h-6 max-w-full items-center gap-1 rounded-full bg-bg-2 px-2 hover:bg-bg-3 pointer-coarse:h-9"
              >
                <span className="truncate">{from ?? words.loading}</span>
                <ChevronDown size={13} aria-hidden />
              </button>
            }
          >
            {senders.map(({ id, address, display_name }) => (
              <MenuItem key={id} chosen={address === from} onSelect={() => onChange(address)}>
                {display_name && display_name !== address ? `${display_name} <${address}>` : address}
              </MenuItem>
            ))}
          </Menu>
        )}
      </div>
    </>
  );
}
