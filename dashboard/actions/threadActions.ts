import {
  Bell,
  Check,
  CircleAlert,
  Clock,
  Flag,
  MailOpen,
  Merge,
  Moon,
  Pencil,
  Printer,
  RotateCcw,
  Tag,
  Ticket,
  Trash2,
  Undo2,
  User,
  UserCheck,
} from 'lucide-react';
import { actOnThreads, changeThreads, type Change } from '../lib/change.ts';
import { ask } from '../lib/intents.ts';
import type { Thread } from '../lib/rows.ts';
import { words } from '../words/index.ts';
import type { Action } from './action.ts';
import type { Page, Picker } from './page.ts';

/** What is done with the chosen rows, the open thread, or the row that the keyboard is on. */
const { acts } = words;
const { done } = words.thread;
const some = (test: (row: Thread) => boolean) => (page: Page) => page.targets.some(test);
const any = some(() => true);
const inTrash = ({ deleted_at }: Thread) => deleted_at !== null;

const change = (page: Page, wanted: Change, said: string) =>
  changeThreads(page.workspace, page.targets, wanted, words.ofMany(said, page.targets.length));
/** A change with which threads leave most lists. */
const leave = (wanted: Change, said: string) => (page: Page) => page.leave(() => change(page, wanted, said));

/** A picker stands in the open thread, or in the bulk bar. */
const pick = (what: Picker) => (page: Page) => {
  if (!page.isChoosing && page.open) ask(what, page.open);
  else page.pick(what);
};

export const THREAD_ACTIONS: Action[] = [
  {
    id: 'close',
    name: acts.close,
    group: 'thread',
    icon: Check,
    keys: ['e'],
    when: some(({ status }) => status !== 'closed'),
    perform: leave({ status: 'closed' }, done.closed),
  },
  {
    id: 'reopen',
    name: acts.reopen,
    group: 'thread',
    icon: RotateCcw,
    keys: ['e', 'Shift+e'],
    when: (page) => any(page) && page.targets.every(({ status }) => status === 'closed'),
    perform: leave({ status: 'open' }, done.reopened),
  },
  {
    id: 'pending',
    name: acts.pending,
    group: 'thread',
    icon: Clock,
    keys: ['w'],
    when: some(({ status }) => status !== 'pending'),
    perform: leave({ status: 'pending' }, done.pending),
  },
  {
    id: 'assign',
    name: acts.assign,
    group: 'thread',
    icon: User,
    keys: ['s'],
    when: any,
    perform: pick('assign'),
  },
  {
    id: 'assignToMe',
    name: acts.assignToMe,
    group: 'thread',
    icon: UserCheck,
    keys: ['m'],
    when: any,
    perform: (page) => change(page, { agent_id: page.me }, done.assigned(words.thread.fields.me)),
  },
  { id: 'tag', name: acts.tag, group: 'thread', icon: Tag, keys: ['t'], when: any, perform: pick('tag') },
  {
    id: 'prioritise',
    name: acts.prioritise,
    group: 'thread',
    icon: Flag,
    keys: ['p'],
    when: any,
    perform: pick('prioritise'),
  },
  {
    id: 'snooze',
    name: acts.snooze,
    group: 'thread',
    icon: Moon,
    keys: ['b'],
    when: any,
    perform: pick('snooze'),
  },
  {
    id: 'unread',
    name: acts.unread,
    group: 'thread',
    icon: MailOpen,
    keys: ['u'],
    when: some(({ unread }) => !unread),
    perform: (page) => {
      actOnThreads(page.workspace, page.targets, 'unread', null);
      page.back();
    },
  },
  {
    id: 'spam',
    name: acts.spam,
    group: 'thread',
    icon: CircleAlert,
    keys: ['!'],
    when: some(({ spam }) => !spam),
    perform: leave({ spam: true }, done.spam),
  },
  {
    id: 'notSpam',
    name: acts.notSpam,
    group: 'thread',
    icon: CircleAlert,
    keys: ['!'],
    when: some(({ spam }) => spam),
    perform: leave({ spam: false }, done.notSpam),
  },
  {
    id: 'trash',
    name: acts.trash,
    group: 'thread',
    icon: Trash2,
    keys: ['#'],
    when: some((row) => !inTrash(row)),
    perform: (page) =>
      page.leave(() =>
        actOnThreads(page.workspace, page.targets, 'trash', words.ofMany(done.trash, page.targets.length)),
      ),
  },
  {
    id: 'restore',
    name: acts.restore,
    group: 'thread',
    icon: Undo2,
    keys: ['#'],
    when: some(inTrash),
    perform: (page) =>
      page.leave(() =>
        actOnThreads(
          page.workspace,
          page.targets,
          'restore',
          words.ofMany(done.restored, page.targets.length),
        ),
      ),
  },
  {
    id: 'merge',
    name: acts.merge,
    group: 'thread',
    icon: Merge,
    when: ({ open }) => open !== null,
    perform: ({ open }) => open && ask('merge', open),
  },
  {
    id: 'follow',
    name: acts.follow,
    group: 'thread',
    icon: Bell,
    keys: ['Shift+f'],
    when: ({ open }) => open !== null,
    perform: ({ open }) => open && ask('follow', open),
  },
  {
    id: 'subject',
    name: acts.subject,
    group: 'thread',
    icon: Pencil,
    when: ({ open }) => open !== null,
    perform: ({ open }) => open && ask('subject', open),
  },
  {
    id: 'makeTicket',
    name: acts.makeTicket,
    group: 'thread',
    icon: Ticket,
    when: ({ open }) => open?.kind === 'conversation',
    perform: ({ open }) => open && ask('makeTicket', open),
  },
  {
    id: 'print',
    name: acts.print,
    group: 'thread',
    icon: Printer,
    when: ({ open }) => open !== null,
    perform: () => print(),
  },
];
