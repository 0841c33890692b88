import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bookmark, Hash, Search, Settings, type LucideIcon } from 'lucide-react';
import { classes } from '../components/classes.ts';
import { Kbd } from '../components/Kbd.tsx';
import { Bell } from '../features/notices/Bell.tsx';
import { countsQuery } from '../lib/counts.ts';
import type { Count } from '../lib/countTable.ts';
import { tagsQuery } from '../lib/threadQueries.ts';
import { useWidth } from '../lib/useWidth.ts';
import { VIEWS, type View } from '../lib/views.ts';
import { words } from '../words/index.ts';
import { savedViewsQuery } from '../features/inbox/savedViews.ts';
import { useShell } from './shellState.ts';
import { UserMenu } from './UserMenu.tsx';
import { WorkspaceMenu } from './WorkspaceMenu.tsx';

/** Numbers of these say what there is to do; of the others nobody asks. */
const COUNTED = ['inbox', 'unassigned', 'all', 'waiting', 'shared', 'personal', 'drafts'];
const MOST_TAGS = 8;
const GROUPS: { id: View['group']; name: string }[] = [
  { id: 'tickets', name: words.shell.tickets },
  { id: 'conversations', name: words.shell.conversations },
  { id: 'yours', name: words.shell.yours },
];

/** Every list there is, with its numbers. */
export function Sidebar({ workspace }: { workspace: string }) {
  const { sidebar, drawer, setDrawer } = useShell();
  const width = useWidth();
  const { data: counts = {} } = useQuery(countsQuery(workspace));
  const { data: views = [] } = useQuery(savedViewsQuery(workspace));
  const { data: tags = [] } = useQuery({ ...tagsQuery(workspace), retry: false });
  const small = width !== 'phone' && (width === 'narrow') === sidebar;
  const item = ({ id, name, icon }: Pick<View, 'id' | 'name' | 'icon'>) => (
    <Item
      key={id}
      workspace={workspace}
      id={id}
      name={name}
      icon={icon}
      small={small}
      count={COUNTED.includes(id) || id.includes(':') ? counts[id] : undefined}
      failed={id === 'outbox' ? (counts.failed?.total ?? 0) : 0}
    />
  );
  const nav = (
    <nav
      aria-label={words.shell.mailboxes}
      className={classes(
        'flex shrink-0 flex-col gap-px overflow-y-auto border-r border-line bg-bg-1 py-2',
        small ? 'w-14 px-1.5' : 'w-[216px] px-2',
        drawer && width === 'phone' && 'relative z-40 w-[280px] shadow-float',
      )}
    >
      <div className={classes('flex items-center', small && 'flex-col')}>
        <WorkspaceMenu workspace={workspace} small={small} />
        <Bell workspace={workspace} />
      </div>
      <Item
        workspace={workspace}
        id="search"
        name={words.shell.search}
        icon={Search}
        small={small}
        keys="/"
      />
      {GROUPS.map(({ id, name }) => (
        <Group key={id} name={name} small={small}>
          {VIEWS.filter(({ group }) => group === id).map(item)}
        </Group>
      ))}
      <Group name={words.shell.views} small={small}>
        {views.map(({ id, name }) => item({ id: `view:${id}`, name, icon: Bookmark }))}
        {VIEWS.filter(({ group }) => group === 'other').map(item)}
      </Group>
      {tags.length > 0 && !small && (
        <Group name={words.shell.tags} small={small}>
          {tags.slice(0, MOST_TAGS).map((tag) => item({ id: `tag:${tag}`, name: tag, icon: Hash }))}
        </Group>
      )}
      <span className="flex-1" />
      {/* The owners' pages, such as the mail log, will stand here too. */}
      {item({ id: 'settings', name: words.shell.settings, icon: Settings })}
      <UserMenu workspace={workspace} small={small} />
    </nav>
  );
  if (width !== 'phone') return nav;
  return (
    <div className="fixed inset-0 z-30 flex">
      {nav}
      <button
        type="button"
        aria-label={words.close}
        onClick={() => setDrawer(false)}
        className="flex-1 cursor-default bg-[rgb(0_0_0/0.32)]"
      />
    </div>
  );
}

function Group({ name, small, children }: { name: string; small: boolean; children: React.ReactNode }) {
  return (
    <section aria-label={name} className={classes('grid gap-px', small && 'mt-2 border-t border-line pt-2')}>
      {!small && (
        <p aria-hidden className="px-2 pt-4 pb-1 text-xs font-[550] text-fg-3">
          {name}
        </p>
      )}
      {children}
    </section>
  );
}

interface ItemProps {
  workspace: string;
  id: string;
  name: string;
  icon: LucideIcon;
  small: boolean;
  count?: Count | undefined;
  failed?: number;
  keys?: string;
}
const number = new Intl.NumberFormat();

function Item({ workspace, id, name, icon: Icon, small, count, failed = 0, keys }: ItemProps) {
  const total = count?.total ?? 0;
  const place = id === 'settings' ? '/w/$workspace/settings' : '/w/$workspace/$view';
  return (
    <Link
      to={place}
      params={{ workspace, view: id }}
      search={{}}
      title={small ? name : undefined}
      aria-label={small ? name : undefined}
      activeOptions={{ includeSearch: false }}
      className={classes(
        'flex h-[30px] items-center gap-2.5 rounded px-2 text-fg-2 hover:bg-bg-2 pointer-coarse:h-10 [&_svg]:text-fg-3',
        small && 'justify-center px-0',
      )}
      activeProps={{ className: 'bg-bg-3 font-[550] !text-fg [&_svg]:!text-fg', 'aria-current': 'page' }}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0" />
      {!small && (
        <>
          <span dir="auto" className="min-w-0 flex-1 truncate text-start">
            {name}
          </span>
          {keys !== undefined && <Kbd keys={keys} />}
          {failed > 0 ? (
            <span aria-hidden className="text-s font-semibold text-bad tabular-nums">
              {words.shell.failed(failed)}
            </span>
          ) : (
            total > 0 && (
              <span
                aria-hidden
                className={classes(
                  'text-s tabular-nums',
                  count!.unread > 0 ? 'font-semibold text-fg-2' : 'text-fg-3',
                )}
              >
                {number.format(total)}
                {count!.capped === true && '+'}
              </span>
            )
          )}
        </>
      )}
    </Link>
  );
}
