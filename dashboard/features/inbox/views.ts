import {
  Check,
  CircleAlert,
  Clock,
  Inbox,
  Layers,
  Lock,
  Moon,
  Trash2,
  UserX,
  Users,
  type LucideIcon,
} from 'lucide-react';
import { words } from '../../words/index.ts';

/** What a list asks the API for. */
export type ThreadFilter = Record<string, string>;

/** A fixed list of the sidebar. */
export interface View {
  id: string;
  name: string;
  icon: LucideIcon;
  filter: ThreadFilter;
  /** The field of `GET counts`. */
  count: string;
  /** The key after `g` that goes there. */
  go: string;
  /** By default newest activity first. */
  sort?: string;
}

const { shell } = words;
export const TICKET_VIEWS: View[] = [
  { id: 'inbox', name: shell.inbox, icon: Inbox, filter: { inbox: 'true' }, count: 'inbox', go: 'i' },
  {
    id: 'unassigned',
    name: shell.unassigned,
    icon: UserX,
    filter: { agent_id: 'none', status: 'open,pending', personal: 'false' },
    count: 'unassigned',
    go: 'u',
  },
  { id: 'all', name: shell.all, icon: Layers, filter: { status: 'open,pending' }, count: 'all', go: 'a' },
  {
    id: 'waiting',
    name: shell.waiting,
    icon: Clock,
    filter: { waiting: 'true', status: 'open,pending' },
    count: 'waiting',
    go: 'w',
    sort: 'waiting_since',
  },
  { id: 'snoozed', name: shell.snoozed, icon: Moon, filter: { snoozed: 'true' }, count: 'snoozed', go: 'z' },
  { id: 'closed', name: shell.closed, icon: Check, filter: { status: 'closed' }, count: 'closed', go: 'c' },
];
export const CONVERSATION_VIEWS: View[] = [
  {
    id: 'shared',
    name: shell.shared,
    icon: Users,
    filter: { kind: 'conversation', personal: 'false', status: 'open,pending' },
    count: 'shared',
    go: 's',
  },
  {
    id: 'personal',
    name: shell.personal,
    icon: Lock,
    filter: { personal: 'true', status: 'open,pending' },
    count: 'personal',
    go: 'p',
  },
];
export const OTHER_VIEWS: View[] = [
  { id: 'spam', name: shell.spam, icon: CircleAlert, filter: { spam: 'true' }, count: 'spam', go: '!' },
  { id: 'trash', name: shell.trash, icon: Trash2, filter: { trash: 'true' }, count: 'trash', go: '#' },
];
export const VIEWS = [...TICKET_VIEWS, ...CONVERSATION_VIEWS, ...OTHER_VIEWS];
export const viewOf = (id: string): View | null => VIEWS.find((view) => view.id === id) ?? null;
