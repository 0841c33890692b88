import {
  Bell,
  BellOff,
  CircleAlert,
  Ellipsis,
  MailOpen,
  Merge,
  Moon,
  Pencil,
  Printer,
  Ticket,
  Trash2,
  Undo2,
} from 'lucide-react';
import { IconButton } from '../../components/IconButton.tsx';
import { Menu, MenuItem, MenuLine } from '../../components/Menu.tsx';
import { actOnThreads } from '../../lib/change.ts';
import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { actHere } from './actHere.ts';
import { change } from './changeText.ts';
import { follow, makeTicket } from './threadActs.ts';

interface Props {
  workspace: string;
  thread: Thread;
  onShow: (what: 'snooze' | 'merge' | 'subject') => void;
}

/** What can be done with the thread, beside the acts of every day. */
export function ThreadMenu({ workspace, thread, onShow }: Props) {
  const { menu, done } = words.thread;
  const inTrash = thread.deleted_at !== null;
  return (
    <Menu align="end" trigger={<IconButton name={words.thread.more} icon={Ellipsis} />}>
      <MenuItem icon={Moon} keys="b" onSelect={() => onShow('snooze')}>
        {words.thread.snooze}
      </MenuItem>
      <MenuItem
        icon={MailOpen}
        keys="u"
        onSelect={() => actHere('unread', () => actOnThreads(workspace, [thread], 'unread', null))}
      >
        {menu.unread}
      </MenuItem>
      <MenuItem icon={thread.followed ? BellOff : Bell} onSelect={() => void follow(workspace, thread)}>
        {thread.followed ? menu.unfollow : menu.follow}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={Pencil} onSelect={() => onShow('subject')}>
        {menu.subject}
      </MenuItem>
      <MenuItem icon={Merge} onSelect={() => onShow('merge')}>
        {menu.merge}
      </MenuItem>
      {thread.kind === 'conversation' && (
        <MenuItem icon={Ticket} onSelect={() => void makeTicket(workspace, thread)}>
          {menu.move}
        </MenuItem>
      )}
      <MenuItem icon={Printer} onSelect={() => print()}>
        {menu.print}
      </MenuItem>
      <MenuLine />
      <MenuItem
        icon={CircleAlert}
        keys="!"
        onSelect={() =>
          actHere(thread.spam ? 'notSpam' : 'spam', () => change(workspace, thread, { spam: !thread.spam }))
        }
      >
        {thread.spam ? words.thread.notSpam : menu.spam}
      </MenuItem>
      {inTrash ? (
        <MenuItem
          icon={Undo2}
          onSelect={() =>
            actHere('restore', () => actOnThreads(workspace, [thread], 'restore', done.restored))
          }
        >
          {words.thread.restore}
        </MenuItem>
      ) : (
        <MenuItem
          danger
          icon={Trash2}
          keys="#"
          onSelect={() => actHere('trash', () => actOnThreads(workspace, [thread], 'trash', done.trash))}
        >
          {menu.trash}
        </MenuItem>
      )}
    </Menu>
  );
}
