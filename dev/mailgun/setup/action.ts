import type { Form } from '../posts.ts';
import { unquote, type Captures } from './expression.ts';

/** Where a mail goes, and in which form. */
export interface Destination {
  form: Form;
  /** Null = it is only stored. */
  url: URL | null;
}

/** What a route does with a mail. */
export type Action =
  { kind: 'forward'; targets: string[] } | { kind: 'store'; notify: string | null } | { kind: 'stop' };

const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;

/** Null for what is not in Mailgun's language. */
export function parseAction(action: string): Action | null {
  const [, name, inside] = /^\s*(forward|store|stop)\s*\((.*)\)\s*$/s.exec(action) ?? [];
  const texts = (inside?.match(STRINGS) ?? []).map(unquote);
  // A comma may be part of a URL: only one before another target parts two.
  const targets = texts
    .flatMap((text) => text.split(/,\s*(?=https?:\/\/|[^\s,/]+@)/))
    .map((one) => one.trim());
  if (name === 'stop') return inside!.trim() === '' ? { kind: 'stop' } : null;
  if (name === 'forward') return targets.length > 0 ? { kind: 'forward', targets } : null;
  if (name !== 'store') return null;
  if (inside!.trim() === '') return { kind: 'store', notify: null };
  return /^\s*notify\s*=/.test(inside!) && targets[0] ? { kind: 'store', notify: targets[0] } : null;
}

/** Forwarding to an address is left out: nothing leaves this machine. */
export function destinationsOf(action: Action, captures: Captures): Destination[] {
  if (action.kind === 'stop') return [];
  if (action.kind === 'store') {
    if (action.notify === null) return [{ form: 'store', url: null }];
    const url = target(action.notify, captures);
    return url ? [{ form: 'store', url }] : [];
  }
  return action.targets.flatMap((text): Destination[] => {
    const url = target(text, captures);
    return url ? [{ form: url.href.endsWith('mime') ? 'mime' : 'forward', url }] : [];
  });
}

/** With what the patterns took; not in the host's name, as at Mailgun. Null for an address. */
function target(text: string, { groups, named }: Captures): URL | null {
  const [origin] = /^https?:\/\/[^/?#]*/.exec(text) ?? [];
  if (!origin) return null;
  const rest = text
    .slice(origin.length)
    .replace(/\\g<(\w+)>/g, (_, name: string) =>
      encodeURIComponent(named[name] ?? groups[Number(name) - 1] ?? ''),
    )
    .replace(/\\(\d)/g, (_, n: string) => encodeURIComponent(groups[Number(n) - 1] ?? ''));
  return URL.canParse(origin + rest) ? new URL(origin + rest) : null;
}
