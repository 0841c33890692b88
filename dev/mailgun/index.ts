import { once, setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createApp } from './app.ts';
import type { DemoDns } from './dns/index.ts';
import { resolveAt } from './dns/lookUp.ts';
import { FaultSwitch } from './faults.ts';
import { Forwards } from './forwards/forwards.ts';
import { MailHosts } from './forwards/mailHosts.ts';
import type { Mail } from './mail.ts';
import { Outbound } from './outbound/index.ts';
import { settingsFrom } from './outbound/settings.ts';
import type { OutboxMail, PostedEvent, LocalMailgunSettings, SendCall } from './outbound/types.ts';
import type { PostTry, Try } from './posts.ts';
import { receive, type Received, type ReceiveOptions } from './receive.ts';
import type { Resolve } from './setup/checkDns.ts';
import { Setup } from './setup/index.ts';
import { MailFolder } from './stored.ts';

export interface LocalMailgunOptions extends Partial<LocalMailgunSettings> {
  /** 0: any free port. */
  port: number;
  /** Base URL of the application, which gets mail at `/webhooks/mailgun/inbound` and events at `…/events`. */
  webhookUrl: string;
  /**
   * Where mail is posted that no route matches, instead. Raw mail goes to the same URL with `/mime` at its
   * end.
   */
  inboundUrl?: string;
  /** Where events are posted of a domain without webhooks, instead. */
  eventsUrl?: string;
  signingKey: string;
  apiKey: string;
  /** Keeps everything between runs; by default a temporary folder, which `close` removes. */
  dataDir?: string;
  /** Factor over Mailgun's retry schedule (10, 15, 30 min, 1, 2, 4 h). Default 1. */
  retrySpeed?: number;
  /** How long stored messages can be fetched, in milliseconds. Default 3 days. */
  storedForMs?: number;
  /**
   * A post counts as not answered when no byte passes in either direction for this long, in milliseconds.
   * Default 60 s.
   */
  answerWithinMs?: number;
  /**
   * Asks the DNS that domains are verified against. Default: the server `dns`; without that, no record is
   * ever found.
   */
  resolve?: Resolve;
  /** A domain that the account has from the beginning, and that may send without any DNS records. */
  ownDomain?: string;
  /** A DNS server whose records are shown and changed under `/sandbox/dns`. The caller closes it. */
  dns?: DemoDns;
}

/**
 * A local Mailgun, on 127.0.0.1 only. It receives mail and posts it as a route would, keeps stored messages,
 * accepts mail to send, simulates its delivery, posts the events, and shows the delivered mail.
 */
export interface LocalMailgun {
  readonly url: string;
  readonly port: number;
  /** Receives a mail and posts it. @throws NoRecipientError when the mail names no recipient */
  receive(mail: Mail, options?: ReceiveOptions): Promise<Received>;
  readonly faults: FaultSwitch;
  /**
   * Forwarding at other mail hosts: mail for `from`, also mail sent through here, is received for `to`
   * instead.
   */
  readonly forwards: Forwards;
  /** Each try of each post, oldest first; the last 10,000. */
  readonly posts: readonly PostTry[];
  /** Each call that sends, with its result, oldest first; the last 10,000. */
  readonly sends: readonly SendCall[];
  /** Delivered mail, newest first, one entry for each recipient; the last 10,000. */
  readonly outbox: readonly OutboxMail[];
  /** Each try of each post of an event, oldest first; the last 10,000. */
  readonly eventPosts: readonly Try<PostedEvent>[];
  /** Changes settings while it runs. With a shorter delay, events that wait appear at once. */
  set(settings: Partial<LocalMailgunSettings>): void;
  /** Stops. Posts that would be tried again are not. */
  close(): Promise<void>;
}

const THREE_DAYS_MS = 3 * 24 * 60 * 60 * 1000;
const MAX_POSTS_LOGGED = 10_000;

const findNothing: Resolve = async () => [];

/** Starts a local Mailgun. @throws EADDRINUSE when the port is in use */
export async function startLocalMailgun(options: LocalMailgunOptions): Promise<LocalMailgun> {
  const stopping = new AbortController();
  // Each post that is under way adds a listener.
  setMaxListeners(0, stopping.signal);
  const faults = new FaultSwitch(stopping.signal);
  const posts: PostTry[] = [];
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'local-mailgun-')));
  const storedForMs = options.storedForMs ?? THREE_DAYS_MS;
  const folder = new MailFolder(dataDir, storedForMs);
  await folder.sweep();

  const { signingKey, apiKey } = options;
  const webhooksUrl = `${options.webhookUrl.replace(/\/+$/, '')}/webhooks/mailgun`;
  const inboundUrl = options.inboundUrl ?? `${webhooksUrl}/inbound`;
  const eventsUrl = new URL(options.eventsUrl ?? `${webhooksUrl}/events`);
  const url = () => localMailgun.url;
  const poster = {
    retrySpeed: options.retrySpeed ?? 1,
    idleMs: options.answerWithinMs ?? 60_000,
    signal: stopping.signal,
  };
  const settings = settingsFrom(options);
  const resolve = options.resolve ?? (options.dns ? resolveAt(options.dns.address) : findNothing);
  const setup = await Setup.open({
    dataDir,
    apiKey,
    faults,
    settings,
    resolve,
    url,
    ownDomain: options.ownDomain ?? null,
  });
  const outbound = await Outbound.open({
    dataDir,
    folder,
    storedForMs,
    apiKey,
    signingKey,
    eventsUrl,
    url,
    faults,
    poster,
    settings,
    refusalFrom: (domain) => setup.refusalFrom(domain),
    eventUrls: (of) => setup.eventUrls(of),
    onDelivered: (emlFile, envelope) => hosts.deliver(emlFile, envelope),
  });
  const onTry = (attempt: PostTry) => {
    posts.push(attempt);
    if (posts.length > MAX_POSTS_LOGGED) posts.shift();
  };
  const forwards = await Forwards.open(dataDir);
  const receiveAtMailgun = (mail: Mail, how: ReceiveOptions) =>
    receive(mail, how, {
      inboundUrl,
      signingKey,
      url: localMailgun.url,
      folder,
      faults: faults.posts,
      destinationsFor: (recipient, headers) => setup.destinationsFor(recipient, headers),
      poster: { ...poster, faults: faults.posts, onTry },
    });
  const hosts = new MailHosts({ forwards, folder, receive: receiveAtMailgun });
  const receiveFromOutside: LocalMailgun['receive'] = (mail, how) => hosts.receive(mail, how);
  const app = createApp({
    apiKey,
    folder,
    faults,
    posts,
    outbound,
    setup,
    forwards,
    url,
    receive: receiveFromOutside,
    dns: options.dns,
  });
  const handle = app.callback();
  const running = new Set<Promise<void>>();
  const server = http.createServer((request, response) => {
    const handled = handle(request, response).finally(() => running.delete(handled));
    running.add(handled);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    outbound.close();
    throw error;
  });

  const { port } = server.address() as AddressInfo;
  const localMailgun: LocalMailgun = {
    url: `http://127.0.0.1:${port}`,
    port,
    receive: receiveFromOutside,
    faults,
    forwards,
    posts,
    sends: outbound.sends,
    get outbox() {
      return outbound.outbox;
    },
    eventPosts: outbound.eventPosts,
    set: (settings) => outbound.set(settings),
    async close() {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.allSettled(running);
      outbound.close();
      await hosts.close();
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
  outbound.start();
  return localMailgun;
}
