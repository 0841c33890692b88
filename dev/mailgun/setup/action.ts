import type { Form } from '../posts.ts';
import { unquote, type Captures } from './expression.ts';

/** Where a mail is posted, and in which form. */
export interface Destination {
  form: Form;
  /** Null: it is only stored. */
  url: URL | null;
}

/** What a route does with a mail. */
export type Action =
  { kind: 'forward'; targets: string[] } | { kind: 'store'; notify: string | null } | { kind: 'stop' };

const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;

/** Null when it is not in Mailgun's language. */
export function parseAction(action: string): Action | null {
  const [, name, parameters] = /^\s*(forward|store|stop)\s*\((.*)\)\s*$/s.exec(action) ?? [];
  const texts = (parameters?.match(STRINGS) ?? []).map(unquote);
  // A comma may be part of a URL: it separates two targets only when another target follows.
  const targets = texts
    .flatMap((text) => text.split(/,\s*(?=https?:\/\/|[^\s,/]+@)/))
    .map((text) => text.trim());
  if (name === 'stop') return parameters!.trim() === '' ? { kind: 'stop' } : null;
  if (name === 'forward') return targets.length > 0 ? { kind: 'forward', targets } : null;
  if (name !== 'store') return null;
  if (parameters!.trim() === '') return { kind: 'store', notify: null };
  return /^\s*notify\s*=/.test(parameters!) && targets[0] ? { kind: 'store', notify: targets[0] } : null;
}

/** Without forwarding to addresses: nothing leaves this machine. */
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

/**
 * With the captures of the patterns filled in, but not in the host name, as at Mailgun. Null for an address.
 */
function target(text: string, { groups, named }: Captures): URL | null {
  const [origin] = /^https?:\/\/[^/?#]*/.exec(text) ?? [];
  if (!origin) return null;
  const pathAndQuery = text
    .slice(origin.length)
    .replace(/\\g<(\w+)>/g, (_, name: string) =>
      encodeURIComponent(named[name] ?? groups[Number(name) - 1] ?? ''),
    )
    .replace(/\\(\d)/g, (_, number: string) => encodeURIComponent(groups[Number(number) - 1] ?? ''));
  return URL.canParse(origin + pathAndQuery) ? new URL(origin + pathAndQuery) : null;
}
