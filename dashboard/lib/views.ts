import {
  Check,
  CircleAlert,
  Clock,
  Inbox,
  Layers,
  Lock,
  Moon,
  PenLine,
  Send,
  Trash2,
  UserX,
  Users,
  type LucideIcon,
} from 'lucide-react';
import { words } from '../words/index.ts';

/** What a list asks the API for. */
export type ThreadFilter = Record<string, string>;

/** A fixed place of the sidebar. */
export interface View {
  id: string;
  name: string;
  icon: LucideIcon;
  group: 'tickets' | 'conversations' | 'yours' | 'other';
  /** Of `GET threads`; null: it is no list of threads. */
  filter: ThreadFilter | null;
  /** The key after `g` that goes there. */
  go: string;
  /** By default newest activity first. */
  sort?: string;
}

const { shell } = words;
const NOT_CLOSED = 'open,pending';
export const VIEWS: readonly View[] = [
  { id: 'inbox', name: shell.inbox, icon: Inbox, group: 'tickets', filter: { inbox: 'true' }, go: 'i' },
  {
    id: 'unassigned',
    name: shell.unassigned,
    icon: UserX,
    group: 'tickets',
    filter: { agent_id: 'none', status: NOT_CLOSED, personal: 'false' },
    go: 'u',
  },
  { id: 'all', name: shell.all, icon: Layers, group: 'tickets', filter: { status: NOT_CLOSED }, go: 'a' },
  {
    id: 'waiting',
    name: shell.waiting,
    icon: Clock,
    group: 'tickets',
    filter: { waiting: 'true', status: NOT_CLOSED },
    go: 'w',
    sort: 'waiting_since',
  },
  { id: 'snoozed', name: shell.snoozed, icon: Moon, group: 'tickets', filter: { snoozed: 'true' }, go: 'z' },
  { id: 'closed', name: shell.closed, icon: Check, group: 'tickets', filter: { status: 'closed' }, go: 'c' },
  {
    id: 'shared',
    name: shell.shared,
    icon: Users,
    group: 'conversations',
    filter: { kind: 'conversation', personal: 'false', status: NOT_CLOSED },
    go: 's',
  },
  {
    id: 'personal',
    name: shell.personal,
    icon: Lock,
    group: 'conversations',
    filter: { personal: 'true', status: NOT_CLOSED },
    go: 'p',
  },
  { id: 'drafts', name: shell.drafts, icon: PenLine, group: 'yours', filter: null, go: 'd' },
  { id: 'outbox', name: shell.outbox, icon: Send, group: 'yours', filter: null, go: 'o' },
  { id: 'spam', name: shell.spam, icon: CircleAlert, group: 'other', filter: { spam: 'true' }, go: '!' },
  { id: 'trash', name: shell.trash, icon: Trash2, group: 'other', filter: { trash: 'true' }, go: '#' },
];
export const viewOf = (id: string): View | null => VIEWS.find((view) => view.id === id) ?? null;
