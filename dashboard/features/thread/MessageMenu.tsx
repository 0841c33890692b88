import {
  Code,
  CornerUpRight,
  Ellipsis,
  Forward,
  Link2,
  Pencil,
  Printer,
  Reply,
  ReplyAll,
  Split,
  Trash2,
} from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../components/IconButton.tsx';
import { Menu, MenuItem, MenuLine } from '../../components/Menu.tsx';
import { showToast } from '../../lib/toasts.ts';
import { ask } from '../../lib/intents.ts';
import type { People } from '../../lib/people.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { deleteNote, moveInto, splitMessage } from './messageActs.ts';
import { printMessage } from './print.ts';
import { ThreadPicker } from './ThreadPicker.tsx';

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  people: People;
  name: string;
  onDetails: () => void;
  onEdit: () => void;
}

/** What can be done with one message. */
export function MessageMenu({ workspace, thread, message, people, name, onDetails, onEdit }: Props) {
  const { menu } = words.thread;
  const [isMoving, setMoving] = useState(false);
  const isNote = message.direction === 'note';
  const isMine = isNote && message.author_id === people.me;
  const compose = (mode: 'reply' | 'reply_all' | 'forward') => () =>
    ask('compose', { mode, messageId: message.id });
  return (
    <>
      <Menu
        align="end"
        trigger={<IconButton name={menu.message(name)} icon={Ellipsis} className="-my-1.5 -mr-1.5" />}
      >
        {!isNote && (
          <>
            <MenuItem icon={Reply} onSelect={compose('reply')}>
              {menu.reply}
            </MenuItem>
            <MenuItem icon={ReplyAll} onSelect={compose('reply_all')}>
              {menu.replyAll}
            </MenuItem>
            <MenuItem icon={Forward} onSelect={compose('forward')}>
              {menu.forward}
            </MenuItem>
            <MenuLine />
          </>
        )}
        {isMine && (
          <>
            <MenuItem icon={Pencil} onSelect={onEdit}>
              {words.thread.editNote}
            </MenuItem>
            <MenuItem icon={Trash2} danger onSelect={() => void deleteNote(workspace, thread, message.id)}>
              {words.thread.deleteNote}
            </MenuItem>
            <MenuLine />
          </>
        )}
        <MenuItem icon={Link2} onSelect={() => void copyLink(message.id)}>
          {menu.copyLink}
        </MenuItem>
        {!isNote && (
          <>
            <MenuItem icon={Code} onSelect={onDetails}>
              {menu.headers}
            </MenuItem>
            <MenuItem icon={Printer} onSelect={() => printMessage(workspace, thread, message.id)}>
              {menu.printMessage}
            </MenuItem>
          </>
        )}
        {thread.kind === 'ticket' && (
          <>
            <MenuItem icon={Split} onSelect={() => void split(workspace, thread, message.id)}>
              {menu.split}
            </MenuItem>
            <MenuItem icon={CornerUpRight} onSelect={() => setMoving(true)}>
              {menu.moveInto}
            </MenuItem>
          </>
        )}
      </Menu>
      {isMoving && (
        <ThreadPicker
          workspace={workspace}
          thread={thread}
          contact={null}
          text={words.thread.moveInto}
          onPick={(into) => move(workspace, thread, message.id, into)}
          onClose={() => setMoving(false)}
        />
      )}
    </>
  );
}

async function split(workspace: string, thread: ThreadRef, message: string): Promise<void> {
  const id = await splitMessage(workspace, thread, message);
  if (id === null) return;
  showToast(words.thread.menu.splitDone, {
    undo: { name: words.thread.menu.open, act: () => ask('open', { kind: 'ticket', id }) },
  });
}

async function move(workspace: string, thread: ThreadRef, message: string, into: string): Promise<boolean> {
  if ((await moveInto(workspace, thread, message, into)) === null) return false;
  showToast(words.thread.menu.moveIntoDone, {
    undo: { name: words.thread.menu.open, act: () => ask('open', { kind: 'ticket', id: into }) },
  });
  return true;
}

async function copyLink(message: string): Promise<void> {
  const url = new URL(location.href);
  url.searchParams.set('message', message);
  await navigator.clipboard.writeText(url.href);
  showToast(words.thread.menu.linkCopied);
}
