import { base } from './base.ts';
import { keep } from './storage.ts';

declare global {
  interface Window {
    /** What public/early.js has asked for, by path and query. */
    early?: Map<string, Promise<Response>>;
  }
}

// What nobody has asked for by then would be old when somebody does.
const KEEP_MS = 2_000;
setTimeout(() => window.early?.clear(), KEEP_MS);

/** Sends a request, unless it was sent before the program was there: such an answer is given out once. */
export async function fetchEarly(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const path = search === '' ? pathname : `${pathname}?${new URLSearchParams(search)}`;
  const early = request.method === 'GET' ? window.early?.get(path) : undefined;
  window.early?.delete(path);
  const answer = await early?.catch(() => null);
  return answer?.ok ? answer : fetch(request);
}

/** The next time that this page is loaded, its list is asked for at once. */
export function askEarly(workspace: string, query: Record<string, string | number>): void {
  const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  keep('list', {
    // Of `/w/<workspace>/<view>/…`, without the thread that is open beside the list.
    path: base + location.pathname.slice(base.length).split('/').slice(0, 4).join('/'),
    search: location.search,
    url: `${base}/api/v1/workspaces/${workspace}/threads?${params}`,
  });
}
