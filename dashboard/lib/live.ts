import { api, signedOut } from './api.ts';
import { base } from './base.ts';
import { Problem } from './problem.ts';

/** An event of the feed: what happened to which row. Ids only; what it is about is read again. */
export interface LiveEvent {
  type: string;
  data: {
    /** Of the row. */
    id?: string;
    /** Of a message: its thread. */
    ticket_id?: string | null;
    conversation_id?: string | null;
    [more: string]: unknown;
  };
}
/** `polling`: the stream is down, and changes are asked for every few seconds. */
export type LiveState = 'live' | 'polling' | 'offline';
export type LiveMessage = { events: LiveEvent[] } | { reset: true } | { state: LiveState };

/** Named server-sent events are heard one by one; src/infra/models/eventTypes.ts has them all. */
const THINGS = ['ticket', 'conversation', 'contact', 'notification', 'draft'];
const TYPES = [
  ...THINGS.flatMap((thing) => ['created', 'updated', 'deleted'].map((what) => `${thing}.${what}`)),
  'ticket.message_created',
  'conversation.message_created',
  'message.delivery_updated',
  'message.updated',
  'email.verified',
  'email.expired',
  'domain.verified',
  'domain.broken',
  'thread.presence',
  'thread.read',
];
const GATHER_MS = 50;
const POLL_MS = 5_000;

/**
 * Follows what happens in a workspace. Of all tabs of a browser one holds the stream (Web Locks picks it) and tells the
 * others (BroadcastChannel): over HTTP/1.1 six streams would use up the browser's connections.
 * @returns how to stop
 */
export function follow(workspace: string, listener: (message: LiveMessage) => void): () => void {
  const name = `postroom.live.${workspace}`;
  const stopping = new AbortController();
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => listener(data as LiveMessage);
  const tell = (message: LiveMessage) => {
    channel.postMessage(message);
    listener(message);
  };
  const lead = () => new Leader(workspace, gathered(tell)).run(stopping.signal);
  navigator.locks.request(name, { signal: stopping.signal }, lead).catch(() => undefined);
  return () => {
    stopping.abort();
    channel.close();
  };
}

/** Events that come close together are told together: one mail makes five. */
function gathered(tell: (message: LiveMessage) => void): (message: LiveMessage) => void {
  let waiting: LiveEvent[] = [];
  return (message) => {
    if (!('events' in message)) return tell(message);
    if (waiting.length === 0)
      setTimeout(() => {
        tell({ events: waiting });
        waiting = [];
      }, GATHER_MS);
    waiting.push(...message.events);
  };
}

/** The tab that holds the stream. While the stream is down it polls from the same position, so that nothing is missed. */
class Leader {
  private position: string | null = null;
  private readonly workspace: string;
  private readonly tell: (message: LiveMessage) => void;

  constructor(workspace: string, tell: (message: LiveMessage) => void) {
    this.workspace = workspace;
    this.tell = tell;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.stream(signal);
      // Aborted meanwhile: TypeScript thinks that nothing changes during an await.
      if (isAborted(signal)) return;
      this.tell({ state: navigator.onLine ? 'polling' : 'offline' });
      await this.poll();
      await pause(POLL_MS, signal);
    }
  }

  /** Resolves when the stream has broken off for good. */
  private stream(signal: AbortSignal): Promise<void> {
    const since = this.position === null ? '' : `?since=${this.position}`;
    const source = new EventSource(`${base}/api/v1/workspaces/${this.workspace}/changes${since}`);
    return new Promise((resolve) => {
      const end = () => {
        source.close();
        resolve();
      };
      signal.addEventListener('abort', end);
      source.onopen = () => this.tell({ state: 'live' });
      source.onerror = end;
      for (const type of TYPES)
        source.addEventListener(type, (event: MessageEvent<string>) => {
          if (event.lastEventId !== '') this.position = event.lastEventId;
          this.tell({ events: [{ ...(JSON.parse(event.data) as LiveEvent), type }] });
        });
    });
  }

  private async poll(): Promise<void> {
    try {
      const { data } = await api.GET('/api/v1/workspaces/{workspace_id}/changes', {
        params: {
          path: { workspace_id: this.workspace },
          query: this.position === null ? {} : { since: this.position },
        },
      });
      // Without a position nobody knows what was missed.
      if (this.position === null) this.tell({ reset: true });
      // The same route also streams, as text.
      const page = data as { next: string; data: LiveEvent[] };
      this.position = page.next;
      this.tell({ events: page.data });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) signedOut.dispatchEvent(new Event('out'));
      if (error.status !== 410 && error.status !== 422) return;
      this.position = null;
      this.tell({ reset: true });
    }
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', now);
    addEventListener('online', now, { once: true });
  });
