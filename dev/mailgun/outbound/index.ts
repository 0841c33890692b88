import type Router from '@koa/router';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { FaultSwitch } from '../faults.ts';
import type { PosterOptions, Try } from '../posts.ts';
import type { MailFolder, StoredMail } from '../stored.ts';
import { Bounces } from './bounces.ts';
import { addBounceRoutes } from './bounceRoutes.ts';
import { Deliveries } from './deliveries.ts';
import { EventPosts } from './eventPosts.ts';
import { addEventRoutes } from './eventRoutes.ts';
import { outbox } from './outbox.ts';
import { addPages, type PageOptions } from './pages/routes.ts';
import { addSendRoutes } from './sendRoutes.ts';
import { SentMails, type EventOfMail } from './sentMails.ts';
import { StoredSent } from './storedSent.ts';
import type { OutboxMail, PostedEvent, LocalMailgunSettings, SendCall } from './types.ts';

const MAX_LOGGED = 10_000;

export interface OutboundOptions {
  dataDir: string;
  folder: MailFolder;
  storedForMs: number;
  apiKey: string;
  signingKey: string;
  /** Where events are posted of a domain without webhooks. */
  eventsUrl: URL;
  /** Base URL of the local Mailgun; known once it listens. */
  url(): string;
  faults: FaultSwitch;
  settings: LocalMailgunSettings;
  /** Why mail from a domain is refused; null: it is accepted. */
  refusalFrom(domain: string): string | null;
  /** Where an event is posted; null: to `eventsUrl`. */
  eventUrls(of: EventOfMail): URL[] | null;
  /** Called when a mail is delivered to a recipient. */
  onDelivered(emlFile: string, envelope: { sender: string; recipient: string }): void;
  poster: Omit<PosterOptions<PostedEvent>, 'faults' | 'onTry'>;
}

/** Outgoing mail: sends, deliveries, events, and the pages that show them. */
export class Outbound {
  readonly sends: SendCall[] = [];
  readonly eventPosts: Try<PostedEvent>[] = [];
  readonly #options: OutboundOptions;
  readonly #mails: SentMails;
  readonly #bounces: Bounces;
  readonly #stored: StoredSent;
  readonly #posts: EventPosts;
  readonly #deliveries: Deliveries;

  private constructor(options: OutboundOptions, mails: SentMails, bounces: Bounces) {
    this.#options = options;
    this.#mails = mails;
    this.#bounces = bounces;
    this.#stored = new StoredSent(mails, options.folder, options.storedForMs);
    this.#posts = new EventPosts({
      ...options,
      postTo: (of) => options.eventUrls(of) ?? [options.eventsUrl],
      poster: {
        ...options.poster,
        faults: options.faults.eventPosts,
        onTry: (attempt) => log(this.eventPosts, attempt),
      },
    });
    this.#deliveries = new Deliveries(({ mail, event }) =>
      options.onDelivered(mails.emlFile(mail.key), { sender: mail.sender, recipient: event.recipient }),
    );
  }

  static async open(options: OutboundOptions): Promise<Outbound> {
    await mkdir(options.dataDir, { recursive: true });
    const mails = await SentMails.open(path.join(options.dataDir, 'sent'));
    const bounces = await Bounces.open(path.join(options.dataDir, 'bounces.json'));
    return new Outbound(options, mails, bounces);
  }

  /** Must be called once the local Mailgun listens: posts and delivers what was not due when it stopped. */
  start(): void {
    this.#posts.resume(this.#mails.all);
    const now = Date.now();
    for (const mail of this.#mails.all) this.#deliveries.add(mail, now);
  }

  /** @param receive receives an answer that was written on a page */
  addRoutes(router: Router, receive: PageOptions['receive']): void {
    const shared = { ...this.#options, mails: this.#mails, bounces: this.#bounces };
    addEventRoutes(router, shared);
    addBounceRoutes(router, shared);
    addPages(router, { ...shared, receive });
    addSendRoutes(router, {
      ...shared,
      onAccepted: (mail) => {
        this.#posts.add(mail);
        this.#deliveries.add(mail);
      },
      onCall: (call) => log(this.sends, call),
    });
  }

  get outbox(): OutboxMail[] {
    return outbox(this.#mails, this.#options.url());
  }

  /** Null when there is no such mail, or its stored copy has expired. */
  stored(key: string): Promise<StoredMail | null> {
    return this.#stored.find(key);
  }

  set(settings: Partial<LocalMailgunSettings>): void {
    Object.assign(this.#options.settings, settings);
    this.#posts.reschedule();
  }

  close(): void {
    this.#posts.stop();
    this.#deliveries.stop();
    this.#mails.close();
  }
}

function log<T>(entries: T[], entry: T): void {
  entries.push(entry);
  if (entries.length > MAX_LOGGED) entries.shift();
}
