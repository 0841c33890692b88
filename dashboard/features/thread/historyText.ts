import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import type { HistoryLine } from '../../lib/rows.ts';

interface Who {
  me: string;
  nameOf: (id: string | null) => string | null;
  now: Date;
}

/** What a line of history says; null: nothing that a reader wants to know. Pure but for the language. */
export function historyText(
  { action, actor, from, to }: HistoryLine,
  { me, nameOf, now }: Who,
): string | null {
  const { history: h, priority } = words.thread;
  const value = typeof to === 'string' ? to : '';
  const who = actorName(actor, me, nameOf);
  switch (action) {
    case 'status':
      return { closed: h.closed(who), open: h.opened(who), pending: h.pending(who) }[value] ?? null;
    case 'agent':
      if (to === null) return h.unassigned(who);
      if (to === actor.id) return h.took(who);
      return h.assigned(who, to === me ? h.toYou : (nameOf(value) ?? h.colleague));
    case 'priority':
      return h.priority(who, value in priority ? priority[value as keyof typeof priority] : value);
    case 'tags':
      return tagsText(who, asList(from), asList(to));
    case 'spam':
      return to === false ? h.notSpam(who) : h.spam(who);
    case 'snoozed':
      return to === null ? h.woken(who) : h.snoozed(who, moment(value, now));
    case 'subject':
      return h.subject(who, value);
    case 'trash':
    case 'restore':
    case 'merged':
    case 'moved':
    case 'note_edited':
    case 'note_deleted':
      return h[action](who);
    default:
      return null;
  }
}

function actorName(
  { kind, id, name }: HistoryLine['actor'],
  me: string,
  nameOf: (id: string | null) => string | null,
): string {
  const { history: h } = words.thread;
  if (kind === 'system') return h.system;
  if (kind === 'contact') return name || h.customer;
  if (kind === 'token') return h.token(name ?? '');
  return id === me ? h.you : (nameOf(id) ?? name ?? h.colleague);
}

function tagsText(who: string, before: string[], after: string[]): string | null {
  const { history: h } = words.thread;
  const added = after.filter((tag) => !before.includes(tag)).join(', ');
  const removed = before.filter((tag) => !after.includes(tag)).join(', ');
  if (added && removed) return h.retagged(who, added, removed);
  if (added) return h.tagged(who, added);
  return removed ? h.untagged(who, removed) : null;
}

const asList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
