import { once, setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createDns } from '../../src/infra/dns/createDns.ts';
import { createApp } from './app.ts';
import type { DemoDns } from './dns/index.ts';
import { FaultSwitch } from './faults.ts';
import { Forwards } from './forwards/forwards.ts';
import { MailHosts } from './forwards/mailHosts.ts';
import type { Mail } from './mail.ts';
import { Outbound } from './outbound/index.ts';
import { settingsFrom } from './outbound/settings.ts';
import type { OutboxMail, PostedEvent, SandboxSettings, SendCall } from './outbound/types.ts';
import type { PostTry, Try } from './posts.ts';
import { receive, type Received, type ReceiveOptions } from './receive.ts';
import type { Resolve } from './setup/checkDns.ts';
import { Setup } from './setup/index.ts';
import { MailFolder } from './stored.ts';

export interface SandboxOptions extends Partial<SandboxSettings> {
  /** 0 = any free one. */
  port: number;
  /** Base URL of Postroom's web process. */
  webhookUrl: string;
  signingKey: string;
  apiKey: string;
  /** Keeps stored messages between runs; without it they are in a temporary folder that goes at `close`. */
  dataDir?: string;
  /** Factor over Mailgun's retry schedule (10, 15, 30 min, 1, 2, 4 h). Default 1. */
  retrySpeed?: number;
  /** How long stored messages can be fetched, in milliseconds. Default 3 days. */
  storedForMs?: number;
  /** A post without a byte in either direction for so long counts as not answered. Default 60 s. */
  answerWithinMs?: number;
  /** Asks the DNS that domains are verified against. Without it, and without `dns`, no record is ever found. */
  resolve?: Resolve;
  /** A domain that the account has from the beginning, and that sends whatever DNS says: the platform's own. */
  ownDomain?: string;
  /** A demo DNS server, which is asked, and whose records are shown and changed through the sandbox; its owner closes it. */
  dns?: DemoDns;
}

/**
 * A local Mailgun: takes mail in and posts it as a route would; keeps stored messages; accepts mail to send, simulates its
 * delivery, posts the events, and shows what was delivered. On 127.0.0.1 only.
 */
export interface Sandbox {
  readonly url: string;
  readonly port: number;
  /** Takes a mail in and posts it. @throws NoRecipientError when nobody is named. */
  receive(mail: Mail, options?: ReceiveOptions): Promise<Received>;
  readonly faults: FaultSwitch;
  /** What mail hosts outside forward: mail for `from`, from anybody or sent through here, comes in for `to`. */
  readonly forwards: Forwards;
  /** Every try of every post, oldest first; the last 10,000. */
  readonly posts: readonly PostTry[];
  /** Every call of a send, oldest first, with what came of it; the last 10,000. */
  readonly sends: readonly SendCall[];
  /** What was delivered, newest first, one entry a recipient; the last 10,000. */
  readonly outbox: readonly OutboxMail[];
  /** Every try of every post of an event, oldest first; the last 10,000. */
  readonly eventPosts: readonly Try<PostedEvent>[];
  /** Changes settings while it runs: with a shorter delay, events that wait appear at once. */
  set(settings: Partial<SandboxSettings>): void;
  /** Gives up what is still to be tried, and stops. */
  close(): Promise<void>;
}

const THREE_DAYS_MS = 3 * 24 * 60 * 60 * 1000;
const MAX_POSTS_LOGGED = 10_000;

/** Starts a local Mailgun. Rejects with EADDRINUSE when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const stopping = new AbortController();
  // Every post in flight listens to it.
  setMaxListeners(0, stopping.signal);
  const faults = new FaultSwitch(stopping.signal);
  const posts: PostTry[] = [];
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'postroom-sandbox-')));
  const storedForMs = options.storedForMs ?? THREE_DAYS_MS;
  const folder = new MailFolder(dataDir, storedForMs);
  await folder.sweep();

  const { signingKey, apiKey } = options;
  const webhookUrl = options.webhookUrl.replace(/\/+$/, '');
  const url = () => sandbox.url;
  const poster = {
    retrySpeed: options.retrySpeed ?? 1,
    idleMs: options.answerWithinMs ?? 60_000,
    signal: stopping.signal,
  };
  const settings = settingsFrom(options);
  const resolve = options.resolve ?? resolveFrom(options.dns);
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
    webhookUrl,
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
  const takeIn = (mail: Mail, how: ReceiveOptions) =>
    receive(mail, how, {
      webhookUrl,
      signingKey,
      url: sandbox.url,
      folder,
      faults: faults.posts,
      destinationsFor: (recipient, headers) => setup.destinationsFor(recipient, headers),
      poster: { ...poster, faults: faults.posts, onTry },
    });
  const hosts = new MailHosts({ forwards, folder, receive: takeIn });
  const take: Sandbox['receive'] = (mail, how) => hosts.receive(mail, how);
  const app = createApp({
    apiKey,
    folder,
    faults,
    posts,
    outbound,
    setup,
    forwards,
    url,
    receive: take,
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
  const sandbox: Sandbox = {
    url: `http://127.0.0.1:${port}`,
    port,
    receive: take,
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
  return sandbox;
}

/** Looks records up as Mailgun does: over the network. */
function resolveFrom(server: DemoDns | undefined): Resolve {
  if (!server) return async () => [];
  const dns = createDns([server.address]);
  return async (type, name) => (await dns.lookUp(type, name)).agreed;
}
