import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Inbox, Search } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useState } from 'react';
import { GROUPS, isPossible } from '../actions/action.ts';
import { currentPage, perform } from '../actions/perform.ts';
import { ACTIONS } from '../actions/table.ts';
import { Kbd } from '../components/Kbd.tsx';
import { foundQuery } from '../features/search/found.ts';
import { useLate } from '../lib/useLate.ts';
import { words } from '../words/index.ts';

const ITEM =
  'flex h-[30px] cursor-pointer items-center gap-2.5 rounded px-2 select-none data-[selected=true]:bg-bg-3 pointer-coarse:h-11';
const REST_MS = 150;
/** A form that no word of a name has: what follows is found by the server. */
const ALWAYS = ' ';

/** Everything that can be done now, and threads, found by typing. */
export default function Palette({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [page] = useState(currentPage);
  const navigate = useNavigate();
  const { view = 'all' } = useParams({ strict: false });
  const late = useLate(typed.trim(), REST_MS);
  const { data: found = [] } = useQuery(foundQuery(workspace, late));
  const { acts } = words;
  const actions = ACTIONS.filter(
    (action) => action.keysOnly !== true && (page === null || isPossible(action, page)),
  );
  const close = (act: () => void) => () => {
    onClose();
    // After the dialog has given the focus back.
    setTimeout(act);
  };
  const search = () =>
    void navigate({
      to: '/w/$workspace/$view',
      params: { workspace, view: 'search' },
      search: { q: typed.trim() },
    });
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.32)]" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-50 w-[560px] max-w-[calc(100vw-24px)] -translate-x-1/2 overflow-hidden rounded-[12px] border border-line bg-bg shadow-float"
        >
          <Radix.Title className="sr-only">{acts.commands}</Radix.Title>
          <Command label={acts.commands} loop filter={fits}>
            <div className="flex items-center gap-2.5 border-b border-line px-4">
              <Search size={16} aria-hidden className="shrink-0 text-fg-3" />
              <Command.Input
                value={typed}
                onValueChange={setTyped}
                placeholder={acts.find}
                className="h-12 min-w-0 flex-1 bg-transparent text-l outline-none"
              />
            </div>
            <Command.List className="max-h-[52vh] overflow-auto p-1.5 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-[550] [&_[cmdk-group-heading]]:text-fg-3">
              {GROUPS.map((group) => {
                const inGroup = actions.filter((action) => action.group === group);
                if (inGroup.length === 0) return null;
                const name = group === 'thread' && page?.isChoosing ? acts.groupChosen : acts.groups[group];
                return (
                  <Command.Group key={group} heading={name}>
                    {inGroup.map((action) => (
                      <Command.Item
                        key={action.id}
                        value={action.id}
                        keywords={[action.name]}
                        onSelect={close(() => perform(action))}
                        className={ITEM}
                      >
                        <action.icon
                          size={16}
                          strokeWidth={1.75}
                          aria-hidden
                          className="shrink-0 text-fg-3"
                        />
                        <span className="min-w-0 flex-1 truncate">{action.name}</span>
                        {action.keys?.[0] !== undefined && <Kbd keys={action.keys[0]} />}
                      </Command.Item>
                    ))}
                  </Command.Group>
                );
              })}
              {found.length > 0 && (
                <Command.Group heading={acts.threads}>
                  {found.map(({ kind, id, subject, contact, number }) => (
                    <Command.Item
                      key={id}
                      value={`${ALWAYS}${id}`}
                      onSelect={close(
                        () =>
                          void navigate({
                            to: '/w/$workspace/$view/$kind/$id',
                            params: { workspace, view, kind, id },
                          }),
                      )}
                      className={ITEM}
                    >
                      <Inbox size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-fg-3" />
                      <span dir="auto" className="min-w-0 flex-1 truncate text-start">
                        {subject || words.list.noSubject}{' '}
                        <span className="text-fg-3">{contact?.name || contact?.email}</span>
                      </span>
                      {number !== null && (
                        <span className="text-s text-fg-3 tabular-nums">{`#${number}`}</span>
                      )}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {typed.trim() !== '' && (
                <Command.Item value={`${ALWAYS}search`} onSelect={close(search)} className={ITEM}>
                  <Search size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-fg-3" />
                  {acts.searchFor(typed.trim())}
                </Command.Item>
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Every typed word begins a word of the name; what the server found fits always, behind the rest. */
function fits(value: string, typed: string, keywords: string[] = []): number {
  if (value.startsWith(ALWAYS.trim()) && keywords.length === 0) return 0.1;
  const names = keywords.join(' ').toLowerCase().split(/\s+/);
  const isHere = typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.some((name) => name.startsWith(word)));
  return isHere ? 1 : 0;
}
