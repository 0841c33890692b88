import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Mail } from '../../../dev/mailgun/mail.ts';
import type { ReceiveOptions } from '../../../dev/mailgun/receive.ts';
import { newId } from '../../../src/lib/ids.ts';
import { messageOf } from '../../support/mails.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { SIGNING_KEY, TOKENS, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('mail in', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  const FORMS = ['forward', 'store', 'mime'] as const;
  const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );

  /** Sends a mail and waits until the rows of all its posts are final. */
  async function send(
    mail: Exclude<Mail, { eml: Buffer } | { emlFile: string }>,
    options: ReceiveOptions = {},
  ) {
    const messageId = mail.messageId ?? `<${newId()}@client.test>`;
    const before = await finalRows(messageId);
    const received = await stack.sandbox.receive(
      {
        from: 'Ann Lee <ann@client.test>',
        subject: 'A question',
        text: 'When will my order arrive, please?',
        ...mail,
        messageId,
      },
      options,
    );
    expect(received.deliveries.map((delivery) => delivery.outcome)).not.toContain('retrying');
    await until(
      `the rows of ${messageId} to be final`,
      async () => (await finalRows(messageId)) >= before + received.deliveries.length,
    );
    return messageId;
  }

  /**
   * Counted by the mail's own id: a row of the test before may become final only now, after its message was
   * seen.
   */
  const finalRows = (messageId: string) =>
    stack.models.InboundEmail.countDocuments({ 'mail.message_id': messageId, state: { $ne: 'received' } });

  // The shape is what the test checks.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const json = async (answer: Response) => (await answer.json()) as Record<string, any>;

  describe.each(FORMS)('posted as %s', (form) => {
    test('a mail becomes a ticket that can be read, with its contact, recipients and files', async () => {
      const id = await send(
        {
          to: [`Acme Support <${stack.at('support')}>`, 'Bob <bob@else.test>'],
          cc: ['"Öztürk, Çağ" <cag@else.test>'],
          subject: `Größe ${form} ✓`,
          html: '<p>See <img src="cid:logo@client"> and <script>alert(1)</script> this.</p>',
          attachments: [
            { filename: 'logo.png', contentType: 'image/png', content: PNG, contentId: 'logo@client' },
            {
              filename: '請求書 Größe.pdf',
              contentType: 'application/pdf',
              content: Buffer.from('%PDF-1.4 hello'),
            },
          ],
        },
        { form, recipients: [stack.at('support')] },
      );
      const [message] = await stack.messages(id);
      const ticket = await json(await stack.api(`tickets/${message?.thread_id}`));
      expect(ticket).toMatchObject({
        subject: `Größe ${form} ✓`,
        status: 'open',
        contact: { email: 'ann@client.test', name: 'Ann Lee' },
        workspace_email: { address: stack.at('support') },
      });
      const shown = await until('both files', async () => {
        const { data } = await json(await stack.api(`tickets/${message?.thread_id}/messages`));
        return data[0].attachments.every((a: { state: string }) => a.state === 'stored') && data[0];
      });
      expect(shown).toMatchObject({
        direction: 'inbound',
        state: 'received',
        from: { email: 'ann@client.test', name: 'Ann Lee' },
        to: [
          { email: stack.at('support'), name: 'Acme Support' },
          { email: 'bob@else.test', name: 'Bob' },
        ],
        cc: [{ email: 'cag@else.test', name: 'Öztürk, Çağ' }],
        to_email: stack.at('support'),
        message_id: id,
        sender_known: true,
      });
      expect(shown.html).not.toContain('script');
      const [logo, pdf] = shown.attachments;
      expect(logo).toMatchObject({
        filename: 'logo.png',
        inline: true,
        size: PNG.length,
        content_id: 'logo@client',
      });
      expect(pdf).toMatchObject({
        filename: '請求書 Größe.pdf',
        inline: false,
        content_type: 'application/pdf',
      });
      const src = /src="([^"]+)"/.exec(shown.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const image = await fetch(new URL(src, stack.webUrl));
      expect(Buffer.from(await image.arrayBuffer()).equals(PNG)).toBe(true);
      const file = await fetch(new URL(pdf.url, stack.webUrl), {
        headers: { Authorization: `Bearer ${TOKENS.owner}` },
      });
      expect(await file.text()).toBe('%PDF-1.4 hello');
      expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    });

    test.each(['utf-8', 'iso-2022-jp', 'windows-1251', 'gb18030'])('charset %s', async (name) => {
      const { eml, text } = MAILS_BY_CHARSET[name] as { eml: Buffer; text: string };
      await stack.sandbox.receive(
        { eml: Buffer.concat([Buffer.from(`Message-Id: <${name}-${form}@c.test>\r\n`), eml]) },
        { form, recipients: [stack.at('hello')] },
      );
      const message = await messageOf(stack, `<${name}-${form}@c.test>`);
      expect(message.text.trim()).toBe(text);
      expect(message.subject).toBe(text);
    });
  });

  test('one mail as forward, store and MIME post: one message, three rows', async () => {
    const messageId = '<three-forms@client.test>';
    const mail = {
      to: [stack.at('support')],
      messageId,
      date: new Date('2026-11-23T09:00:00Z'),
      attachments: [{ filename: 'a.txt', content: Buffer.from('a') }],
    };
    for (const form of FORMS) await send(mail, { form });
    const [message, ...others] = await stack.messages(messageId);
    expect(others).toEqual([]);
    expect(message?.copies).toHaveLength(3);
  });

  test('fifty identical posts at once: one message, from one run', async () => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', SIGNING_KEY).update(`${timestamp}token-50`).digest('hex');
    const body = new URLSearchParams({
      recipient: stack.at('support'),
      sender: 'ann@client.test',
      'message-headers': JSON.stringify([
        ['From', 'ann@client.test'],
        ['Message-Id', '<fifty@client.test>'],
      ]),
      'body-plain': 'The same, fifty times.',
      timestamp,
      token: 'token-50',
      signature,
    });
    const post = () => fetch(`${stack.webUrl}/webhooks/mailgun/inbound`, { method: 'POST', body });
    const answers = await Promise.all(Array.from({ length: 50 }, post));
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(200));
    const row = await until('its row with the other posts', async () => {
      const [message] = await stack.messages('<fifty@client.test>');
      const found = await stack.models.InboundEmail.findById(message?.inbound_email_id).lean();
      return found?.repeats.length === 49 && found;
    });
    expect(row).toMatchObject({ state: 'routed', run: 1 });
    await expectOneMessage('<fifty@client.test>');
  });

  test('one mail delivered thirty times concurrently: one message', async () => {
    const messageId = '<thirty@client.test>';
    const mail = { to: [stack.at('support')], messageId, date: new Date('2026-11-23T09:00:00Z') };
    await Promise.all(Array.from({ length: 30 }, () => send(mail)));
    const [message] = await stack.messages(messageId);
    await until('all copies', async () => {
      const found = await stack.models.Message.findById(message?._id).lean();
      return found?.copies.length === 30;
    });
    await expectOneMessage(messageId);
  });

  async function expectOneMessage(messageId: string): Promise<void> {
    const messages = await stack.messages(messageId);
    expect(messages).toHaveLength(1);
    expect(await stack.models.Ticket.countDocuments({ _id: messages[0]?.thread_id })).toBe(1);
  }

  test('a comma list of recipients in one post: each gets it', async () => {
    const id = await send(
      { to: [stack.at('support'), stack.at('hello')] },
      { commaList: true, wait: 'first_try' },
    );
    const audiences = await until('both messages', async () => {
      const found = await stack.messages(id);
      return found.length === 2 && found.map((message) => message.audience).sort();
    });
    expect(audiences).toEqual(['shared', 'tickets']);
  });

  test('an unknown recipient: its payload is in mailgun-skipped/, and no contact is created', async () => {
    const contacts = await stack.models.Contact.countDocuments();
    await send({ to: ['nobody@postroom.test'], from: 'new@person.test' });
    const row = await stack.models.InboundEmail.findOne({ recipient: 'nobody@postroom.test' })
      .orFail()
      .lean();
    expect(row).toMatchObject({ state: 'skipped', reason: 'unknown recipient', workspace_id: null });
    expect(row.key).toMatch(/^mailgun-skipped\/\d{4}\/\d{2}\/\d{2}\//);
    expect(
      JSON.parse(readFileSync(path.join(stack.storageDir, row.key), 'utf8')).fields.length,
    ).toBeGreaterThan(5);
    expect(await stack.models.Contact.countDocuments()).toBe(contacts);
  });

  test('personal mail: only its owner sees it', async () => {
    const id = await send({ to: [stack.at('dana')] });
    const [message] = await stack.messages(id);
    const path = `conversations/${message?.thread_id}`;
    expect((await stack.api(path, TOKENS.dana)).status).toBe(200);
    expect((await stack.api(path)).status).toBe(404);
    expect((await stack.api(`inbound-emails/${message?.inbound_email_id}/raw`)).status).toBe(404);
    expect((await stack.api(`inbound-emails/${message?.inbound_email_id}/raw`, TOKENS.dana)).status).toBe(
      200,
    );
  });

  test('a Google Group as forwarder: To names the group, the writer is the one before it', async () => {
    const id = await send(
      {
        from: '"\'Ann Lee\' via Support" <support@postroom.test>',
        to: [stack.at('support')],
        headers: [
          ['X-Original-From', 'Ann Lee <ann@client.test>'],
          ['List-Id', '<support.postroom.test>'],
          ['X-Forwarded-To', stack.forwarding],
        ],
      },
      { recipients: [stack.forwarding] },
    );
    const [message] = await stack.messages(id);
    expect(message).toMatchObject({ sender: { email: 'ann@client.test' }, to_email: stack.at('support') });
  });

  test('raw MIME piped from a mail server of the customer’s own', async () => {
    const post = (token: string, query = `?recipient=${stack.at('hello')}`) =>
      fetch(`${stack.webUrl}/webhooks/mime/inbound${query}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'message/rfc822' },
        body: 'Authentication-Results: mx.client.test; dmarc=pass header.from=client.test\r\nFrom: Ann <ann@client.test>\r\nTo: x@y.test\r\nMessage-Id: <piped@c.test>\r\nSubject: piped\r\n\r\nHello from a pipe.\r\n',
      });
    expect((await post('wrong')).status).toBe(401);
    expect((await post(TOKENS.owner)).status).toBe(200);
    const message = await messageOf(stack, '<piped@c.test>');
    expect(message).toMatchObject({
      audience: 'shared',
      text: expect.stringContaining('Hello from a pipe.'),
      authentication: { verdict: 'pass', dmarc: 'pass' },
    });
  });

  test('a mail without From, To, Subject, Date and Message-Id is a message', async () => {
    for (const form of FORMS) {
      const before = await stack.models.Message.countDocuments();
      await stack.sandbox.receive(
        { eml: Buffer.from(`X-Nothing: ${form}\r\n\r\nbare ${form} words\r\n`) },
        { form, recipients: [stack.at('support')], sender: `bare-${form}@client.test` },
      );
      await until(
        `the bare mail as ${form}`,
        async () => (await stack.models.Message.countDocuments()) === before + 1,
      );
    }
  });

  test('in the Temporal UI a run shows its outcome, and no address, subject or text', async () => {
    const id = await send({
      to: [stack.at('support')],
      subject: 'Very private subject',
      text: 'Very private words',
    });
    const [message] = await stack.messages(id);
    const handle = stack.client.workflow.getHandle(`inbound/${message?.inbound_email_id}`);
    expect(await handle.result()).toMatchObject({ action: 'routed', messages: [message?._id] });
    const history = JSON.stringify(await handle.fetchHistory());
    const decoded = history.replace(/"data":"([^"]*)"/g, (_all, data: string) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(decoded).not.toMatch(/private|client\.test|postroom\.test/);
    expect((await handle.describe()).memo).toMatchObject({ outcome: 'routed' });
  });

  /** Real bytes: the subject as an encoded word where the charset needs one. */
  const MAILS_BY_CHARSET: Record<string, { eml: Buffer; text: string }> = {
    'utf-8': charsetMail('utf-8', 'Grüße aus Köln ✓', Buffer.from('Grüße aus Köln ✓')),
    'iso-2022-jp': charsetMail('iso-2022-jp', 'こんにちは', Buffer.from('\x1b$B$3$s$K$A$O\x1b(B', 'latin1')),
    'windows-1251': charsetMail('windows-1251', 'Привет', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])),
    gb18030: charsetMail(
      'gb18030',
      '你好世界',
      Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0xca, 0xc0, 0xbd, 0xe7]),
    ),
  };

  function charsetMail(charset: string, text: string, bytes: Buffer): { eml: Buffer; text: string } {
    const head =
      `From: c@client.test\r\nTo: hello@postroom.test\r\nMIME-Version: 1.0\r\n` +
      `Subject: =?${charset}?B?${bytes.toString('base64')}?=\r\n` +
      `Content-Type: text/plain; charset=${charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`;
    return { eml: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')]), text };
  }
});
