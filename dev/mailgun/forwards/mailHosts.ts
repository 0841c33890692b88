import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { headerOf, readHeaders } from '../headers.ts';
import { addressesIn, senderOf, writeMail, type Mail } from '../mail.ts';
import { writeUnder } from '../outbound/writeUnder.ts';
import type { Received, ReceiveOptions } from '../receive.ts';
import type { MailFolder } from '../stored.ts';
import type { Forwards, Hop } from './forwards.ts';
import { senderAfter, tracksOf } from './tracks.ts';

export interface MailHostsOptions {
  forwards: Forwards;
  folder: MailFolder;
  /** Takes a mail in at Mailgun. */
  receive: (mail: Mail, options: ReceiveOptions) => Promise<Received>;
}

/** The mail hosts of customers: they forward what reaches their mailboxes, from anybody and from Mailgun itself. */
export class MailHosts {
  readonly #options: MailHostsOptions;
  readonly #underway = new Set<Promise<unknown>>();

  constructor(options: MailHostsOptions) {
    this.#options = options;
  }

  /** Takes a mail from outside: where a recipient has a forward, it is for the forward's target instead. */
  async receive(mail: Mail, how: ReceiveOptions = {}): Promise<Received> {
    const { forwards, folder, receive } = this.#options;
    if (forwards.all.length === 0) return receive(mail, how);
    const key = `forwarded-${randomBytes(12).toString('base64url')}`;
    try {
      const eml = path.join(await folder.make(key), 'mail.eml');
      await writeMail(mail, eml);
      return await this.#handOn(key, eml, how);
    } finally {
      await folder.remove(key);
    }
  }

  /** Mail that Mailgun has delivered to a mailbox outside. */
  deliver(emlFile: string, envelope: { sender: string; recipient: string }): void {
    if (this.#options.forwards.wayOf(envelope.recipient)?.length === 0) return;
    const { sender, recipient } = envelope;
    const handed = this.receive({ emlFile }, { sender, recipients: [recipient] })
      .catch((error: unknown) => console.error('local Mailgun, forwarding:', error))
      .finally(() => this.#underway.delete(handed));
    this.#underway.add(handed);
  }

  async close(): Promise<void> {
    await Promise.all(this.#underway);
  }

  async #handOn(key: string, eml: string, how: ReceiveOptions): Promise<Received> {
    const { forwards, receive } = this.#options;
    const headers = await readHeaders(eml);
    const recipients = how.recipients ?? addressesIn(headers, 'To', 'Cc');
    const sender = how.sender ?? senderOf(headers);
    const ways = recipients.map((recipient) => ({ recipient, way: forwards.wayOf(recipient) }));
    const own = ways.filter(({ way }) => way?.length === 0).map(({ recipient }) => recipient);
    const forwarded = ways.flatMap(({ way }) => (way && way.length > 0 ? [way] : []));
    const received = await Promise.all([
      ...(own.length > 0 || recipients.length === 0
        ? [receive({ emlFile: eml }, { ...how, recipients: own })]
        : []),
      ...forwarded.map((way, n) => this.#forward(eml, `${eml}-${n}`, way, sender, how)),
    ]);
    return {
      key: received[0]?.key ?? key,
      messageId: headerOf(headers, 'Message-Id') ?? null,
      deliveries: received.flatMap(({ deliveries }) => deliveries),
    };
  }

  async #forward(
    eml: string,
    emlFile: string,
    way: Hop[],
    from: string,
    how: ReceiveOptions,
  ): Promise<Received> {
    let sender = from;
    let top = '';
    for (const hop of way) {
      top = tracksOf(hop, sender) + top;
      sender = senderAfter(hop, sender);
    }
    await writeUnder(top, createReadStream(eml) as AsyncIterable<Buffer>, emlFile);
    return this.#options.receive({ emlFile }, { ...how, sender, recipients: [way.at(-1)!.to] });
  }
}
