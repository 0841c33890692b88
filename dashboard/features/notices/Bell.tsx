import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Bell as BellIcon } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { Blank } from '../../components/Blank.tsx';
import { Button } from '../../components/Button.tsx';
import { classes } from '../../components/classes.ts';
import { useIntent } from '../../lib/intents.ts';
import { showToast } from '../../lib/toasts.ts';
import { sentence } from '../../lib/problem.ts';
import { age, exact } from '../../lib/time.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { markRead, noticesQuery, type Notice } from './notices.ts';
import { useDesktop } from './useDesktop.ts';

/** What the person was told, with a number for what they have not seen. */
export function Bell({ workspace }: { workspace: string }) {
  const [open, setOpen] = useState(false);
  useIntent('notices', () => setOpen(true));
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  // The list stays as it is.
  const { view = 'all' } = useParams({ strict: false });
  const query = noticesQuery(workspace);
  const { data: all = [] } = useQuery(query);
  const now = useNow(60_000);
  const unread = all.filter(({ read_at }) => read_at === null);
  const read = (what: { ids: string[] } | { all: true }) => {
    const isMeant = ({ id }: Notice) => !('ids' in what) || what.ids.includes(id);
    const at = new Date().toISOString();
    queryClient.setQueryData(query.queryKey, (rows) =>
      rows?.map((row) => (isMeant(row) ? { ...row, read_at: row.read_at ?? at } : row)),
    );
    markRead(workspace, what).catch((error: unknown) => {
      showToast(sentence(error), { tone: 'bad' });
      void queryClient.invalidateQueries({ queryKey: query.queryKey });
    });
  };
  const follow = (notice: Notice) => {
    setOpen(false);
    if (notice.read_at === null) read({ ids: [notice.id] });
    if (notice.type === 'replies_left')
      void navigate({ to: '/w/$workspace/$view', params: { workspace, view: 'outbox' } });
    const kind = notice.ticket_id === null ? 'conversation' : 'ticket';
    const id = notice.ticket_id ?? notice.conversation_id;
    if (id === null) return;
    void navigate({
      to: '/w/$workspace/$view/$kind/$id',
      params: { workspace, view, kind, id },
      search: notice.message_id === null ? {} : { message: notice.message_id },
    });
  };
  const desktop = useDesktop(workspace, all, follow);
  const { notices } = words;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button
          type="button"
          aria-label={notices.bell(unread.length)}
          title={notices.title}
          className="relative grid size-[30px] shrink-0 place-items-center rounded text-fg-2 hover:bg-bg-2 pointer-coarse:size-10"
        >
          <BellIcon size={16} strokeWidth={1.75} aria-hidden />
          {unread.length > 0 && (
            <span
              aria-hidden
              className="absolute top-1 right-1 size-2 rounded-full border-2 border-bg-1 bg-accent box-content"
            />
          )}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={notices.title}
          className="z-50 flex max-h-[min(560px,80vh)] w-[360px] max-w-[calc(100vw-16px)] flex-col rounded-big border border-line bg-bg shadow-float"
        >
          <header className="flex items-center gap-2 border-b border-line py-1.5 pr-1.5 pl-3">
            <h2 className="flex-1 font-semibold">{notices.title}</h2>
            {unread.length > 0 && (
              <Button kind="quiet" onClick={() => read({ all: true })}>
                {notices.readAll}
              </Button>
            )}
          </header>
          {all.length === 0 ? (
            <Blank title={notices.none}>{notices.noneHint}</Blank>
          ) : (
            <ul className="overflow-auto">
              {all.map((notice) => (
                <li key={notice.id} className="border-b border-line last:border-0">
                  <button
                    type="button"
                    onClick={() => follow(notice)}
                    className="grid w-full grid-cols-[8px_minmax(0,1fr)_auto] items-baseline gap-x-2 px-3 py-2 text-start hover:bg-bg-1"
                  >
                    <span
                      aria-hidden
                      className={classes('size-[7px] rounded-full', notice.read_at === null && 'bg-accent')}
                    />
                    <span
                      dir="auto"
                      className={classes('line-clamp-2', notice.read_at === null && 'font-semibold')}
                    >
                      {notice.title}
                    </span>
                    <time
                      dateTime={notice.created_at}
                      title={exact(notice.created_at)}
                      className="text-s text-fg-3"
                    >
                      {age(notice.created_at, now, words.justNow)}
                    </time>
                    {notice.text !== '' && (
                      <span dir="auto" className="col-start-2 truncate text-s text-fg-3">
                        {notice.text}
                      </span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
          )}
          {desktop !== null && (
            <footer className="border-t border-line p-1.5">
              <Button
                kind="quiet"
                aria-pressed={desktop.isOn}
                onClick={desktop.toggle}
                className="w-full justify-start"
              >
                {desktop.isOn ? notices.desktopOn : notices.desktop}
              </Button>
            </footer>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
