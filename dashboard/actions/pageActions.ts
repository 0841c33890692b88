import {
  ArrowDown,
  ArrowUp,
  Bell,
  CheckCheck,
  CornerUpLeft,
  Eye,
  Forward,
  Keyboard,
  PanelLeft,
  PanelRight,
  PenLine,
  Reply,
  ReplyAll,
  Search,
  Square,
  SquareCheck,
  StickyNote,
  Command,
  Undo2,
  type LucideIcon,
} from 'lucide-react';
import { undoLast } from '../lib/toasts.ts';
import { ask, type Intents } from '../lib/intents.ts';
import { words } from '../words/index.ts';
import type { Action } from './action.ts';
import type { Page } from './page.ts';

const { acts } = words;
const isOpen = ({ open }: Page) => open !== null;
const hasList = ({ list }: Page) => list !== null && !list.isEmpty;
const hasRows = (page: Page) => hasList(page) && page.list?.rows !== undefined;

const compose = (
  id: string,
  name: string,
  icon: LucideIcon,
  key: string,
  mode: Intents['compose']['mode'],
): Action => ({
  id,
  name,
  group: 'write',
  icon,
  keys: [key],
  when: isOpen,
  perform: () => ask('compose', { mode }),
});

export const WRITE_ACTIONS: Action[] = [
  compose('reply', acts.reply, Reply, 'r', 'reply'),
  compose('replyAll', acts.replyAll, ReplyAll, 'a', 'reply_all'),
  compose('forward', acts.forward, Forward, 'f', 'forward'),
  compose('note', acts.note, StickyNote, 'n', 'note'),
  {
    id: 'write',
    name: acts.write,
    group: 'write',
    icon: PenLine,
    keys: ['c'],
    perform: () => ask('write', {}),
  },
];

export const LIST_ACTIONS: Action[] = [
  {
    id: 'next',
    name: acts.next,
    group: 'list',
    icon: ArrowDown,
    keys: ['j', 'ArrowDown'],
    keysOnly: true,
    when: hasList,
    perform: ({ list }) => list?.step(1),
  },
  {
    id: 'previous',
    name: acts.previous,
    group: 'list',
    icon: ArrowUp,
    keys: ['k', 'ArrowUp'],
    keysOnly: true,
    when: hasList,
    perform: ({ list }) => list?.step(-1),
  },
  {
    id: 'openActive',
    name: acts.open,
    group: 'list',
    icon: Eye,
    keys: ['Enter', 'o'],
    keysOnly: true,
    when: hasList,
    perform: ({ list }) => list?.openActive(),
  },
  {
    id: 'choose',
    name: acts.choose,
    group: 'list',
    icon: SquareCheck,
    keys: ['x'],
    keysOnly: true,
    when: hasRows,
    perform: ({ list }) => list?.rows?.choose(false),
  },
  {
    id: 'chooseRange',
    name: acts.chooseRange,
    group: 'list',
    icon: CheckCheck,
    keys: ['Shift+x'],
    keysOnly: true,
    when: hasRows,
    perform: ({ list }) => list?.rows?.choose(true),
  },
  {
    id: 'chooseAll',
    name: acts.chooseAll,
    group: 'list',
    icon: CheckCheck,
    keys: ['* a'],
    when: hasRows,
    perform: ({ list }) => list?.rows?.chooseAll(),
  },
  {
    id: 'chooseNone',
    name: acts.chooseNone,
    group: 'list',
    icon: Square,
    keys: ['Escape', '* n'],
    when: ({ isChoosing }) => isChoosing,
    perform: ({ list }) => list?.rows?.chooseNone(),
  },
  {
    id: 'release',
    name: acts.release,
    group: 'list',
    icon: ArrowUp,
    keys: ['.'],
    when: hasRows,
    perform: ({ list }) => list?.rows?.release(),
  },
  {
    id: 'back',
    name: acts.back,
    group: 'list',
    icon: CornerUpLeft,
    keys: ['Escape'],
    keysOnly: true,
    when: isOpen,
    perform: (page) => page.back(),
  },
];

export const PAGE_ACTIONS: Action[] = [
  { id: 'undo', name: acts.undo, group: 'page', icon: Undo2, keys: ['z'], perform: () => undoLast() },
  {
    id: 'search',
    name: acts.search,
    group: 'page',
    icon: Search,
    keys: ['/'],
    perform: (page) => page.show('search'),
  },
  {
    id: 'commands',
    name: acts.commands,
    group: 'page',
    icon: Command,
    keys: ['Mod+k'],
    whileTyping: true,
    keysOnly: true,
    perform: (page) => page.show('commands'),
  },
  {
    id: 'notices',
    name: acts.notices,
    group: 'page',
    icon: Bell,
    keys: ['g n'],
    perform: () => ask('notices', null),
  },
  {
    id: 'keys',
    name: acts.keys,
    group: 'page',
    icon: Keyboard,
    keys: ['?'],
    perform: (page) => page.show('keys'),
  },
  {
    id: 'sidebar',
    name: acts.sidebar,
    group: 'page',
    icon: PanelLeft,
    keys: ['['],
    perform: (page) => page.toggle('sidebar'),
  },
  {
    id: 'panel',
    name: acts.panel,
    group: 'page',
    icon: PanelRight,
    keys: [']'],
    perform: (page) => page.toggle('panel'),
  },
];
