import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { headerOf, readHeaders } from '../headers.ts';
import { addressesIn, senderOf, writeMail, type Mail } from '../mail.ts';
import { writeUnder } from '../outbound/writeUnder.ts';
import type { Received, ReceiveOptions } from '../receive.ts';
import type { MailFolder } from '../stored.ts';
import type { Forwards, Hop } from './forwards.ts';
import { senderAfter, headersAddedBy } from './tracks.ts';

export interface MailHostsOptions {
  forwards: Forwards;
  folder: MailFolder;
  /** Receives a mail at Mailgun. */
  receive: (mail: Mail, options: ReceiveOptions) => Promise<Received>;
}

/**
 * The mail hosts of other people. They forward mail for their mailboxes, also mail that was sent through
 * Mailgun.
 */
export class MailHosts {
  readonly #options: MailHostsOptions;
  readonly #underway = new Set<Promise<unknown>>();

  constructor(options: MailHostsOptions) {
    this.#options = options;
  }

  /**
   * Receives a mail from outside. For a recipient with a forward, it goes to the forward's target instead.
   */
  async receive(mail: Mail, how: ReceiveOptions = {}): Promise<Received> {
    const { forwards, folder, receive } = this.#options;
    if (forwards.all.length === 0) return receive(mail, how);
    const key = `forwarded-${randomBytes(12).toString('base64url')}`;
    try {
      const eml = path.join(await folder.make(key), 'mail.eml');
      await writeMail(mail, eml);
      return await this.#distribute(key, eml, how);
    } finally {
      await folder.remove(key);
    }
  }

  /** Forwards a mail that Mailgun has delivered to one of their mailboxes. */
  deliver(emlFile: string, envelope: { sender: string; recipient: string }): void {
    if (this.#options.forwards.hopsFor(envelope.recipient)?.length === 0) return;
    const { sender, recipient } = envelope;
    const forwarding = this.receive({ emlFile }, { sender, recipients: [recipient] })
      .catch((error: unknown) => console.error('local Mailgun, forwarding:', error))
      .finally(() => this.#underway.delete(forwarding));
    this.#underway.add(forwarding);
  }

  async close(): Promise<void> {
    await Promise.all(this.#underway);
  }

  async #distribute(key: string, eml: string, how: ReceiveOptions): Promise<Received> {
    const { forwards, receive } = this.#options;
    const headers = await readHeaders(eml);
    const recipients = how.recipients ?? addressesIn(headers, 'To', 'Cc');
    const sender = how.sender ?? senderOf(headers);
    const routes = recipients.map((recipient) => ({ recipient, hops: forwards.hopsFor(recipient) }));
    const direct = routes.filter(({ hops }) => hops?.length === 0).map(({ recipient }) => recipient);
    const forwarded = routes.flatMap(({ hops }) => (hops && hops.length > 0 ? [hops] : []));
    const received = await Promise.all([
      ...(direct.length > 0 || recipients.length === 0
        ? [receive({ emlFile: eml }, { ...how, recipients: direct })]
        : []),
      ...forwarded.map((hops, index) => this.#forward(eml, `${eml}-${index}`, hops, sender, how)),
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
    hops: Hop[],
    from: string,
    how: ReceiveOptions,
  ): Promise<Received> {
    let sender = from;
    let top = '';
    for (const hop of hops) {
      top = headersAddedBy(hop, sender) + top;
      sender = senderAfter(hop, sender);
    }
    await writeUnder(top, createReadStream(eml) as AsyncIterable<Buffer>, emlFile);
    return this.#options.receive({ emlFile }, { ...how, sender, recipients: [hops.at(-1)!.to] });
  }
}
