import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../support/browser.ts';
import { inState, mailIn, messagesOf, outboxOf, reply } from '../../support/outgoing.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import type { Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('the outbox page in a browser', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  /** Where hostile HTML would lead: what was asked of it. */
  let evil: http.Server;
  let asked: string[];
  /** Dialogs that opened. */
  let dialogs: string[];

  beforeAll(async () => {
    evil = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('got you');
    });
    evil.listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const { port } = evil.address() as AddressInfo;
    const args = [`--host-resolver-rules=MAP evil.test:80 127.0.0.1:${port}`];
    [stack, browser] = await Promise.all([sharedStack(), launchBrowser(args)]);
  });
  afterAll(async () => {
    await browser.close();
    evil.closeAllConnections();
    evil.close();
  });
  beforeEach(async () => {
    asked = [];
    dialogs = [];
    page = await browser.newPage();
    page.setDefaultTimeout(90_000);
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
  });
  afterEach(() => page.close());

  /** Opens the page of the mail that Ann got, from the list. */
  async function openMail(messageId: string, subject: string): Promise<void> {
    await outboxOf(stack, messageId);
    await page.goto(`${stack.sandbox.url}/`);
    await page.getByRole('link', { name: subject }).first().click();
    await page.getByRole('heading', { name: subject }).waitFor();
  }

  test('a reply as the customer sees it, and the answer written there comes back into its thread', async () => {
    const { message, path } = await mailIn(stack, { cc: ['Bob <bob@else.test>'], subject: 'Größe ✓' });
    const sent = await reply(stack, path, { html: '<p>It arrives <b>tomorrow</b>.</p>' });
    await openMail(sent.message_id, 'Re: Größe ✓');
    const text = await page.innerText('body');
    for (const words of [
      `Support <${stack.at('support')}>`,
      'Ann Lee <ann@client.test>',
      'Bob <bob@else.test>',
    ])
      expect(text).toContain(words);
    expect(await page.frameLocator('iframe').locator('b').innerText()).toBe('tomorrow');

    await page.getByLabel('Text', { exact: true }).fill('Wonderful!\nAnn');
    await page.getByLabel('Files').setInputFiles({
      name: 'квитанция.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('paid'),
    });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('the application has accepted it').waitFor();
    const answer = await until(
      'the answer in its thread',
      async () => {
        const [, , third] = await messagesOf(stack, path);
        return third?.attachments[0] && third;
      },
      60_000,
    );
    expect(answer).toMatchObject({
      direction: 'inbound',
      in_reply_to: sent.message_id,
      references: [message.message_id, sent.message_id],
      text: expect.stringMatching(/^Wonderful!\nAnn\n\nOn .* wrote:\n> /),
      attachments: [{ filename: 'квитанция.txt' }],
    });
    expect(['ann@client.test', 'bob@else.test']).toContain(answer.from.email);
    expect(dialogs).toEqual([]);
  });

  test('hostile HTML does nothing: no script, no dialog, nothing loaded, and it cannot leave its frame', async () => {
    const { path } = await mailIn(stack, { subject: '<img src=x onerror=alert(1)>' });
    const sent = await reply(stack, path, { text: 'Hello.' });
    await inState(stack, path, sent.id, 'delivered');
    // Our own sanitiser would take it out: so it is sent as another program might.
    const [{ emlFile } = { emlFile: '' }] = await outboxOf(stack, sent.message_id);
    const hostile =
      '<script>alert("script")</script><img src=x onerror="alert(2)"><img src="http://evil.test/pixel.png">' +
      '<style>@import "http://evil.test/a.css"; body { background: url(http://evil.test/b.png) }</style>' +
      '<form action="http://evil.test/steal"><button id="go">Go</button></form>' +
      '<a id="top" target="_top" href="http://evil.test/top">top</a><base href="http://evil.test/">' +
      '<meta http-equiv="refresh" content="0;url=http://evil.test/refresh"><iframe src="http://evil.test/i"></iframe>' +
      '<svg onload="alert(3)"></svg><a id="js" href="javascript:alert(4)">js</a><p id="end">The end</p>';
    await writeFile(
      emlFile,
      `From: x@y.test\r\nTo: ann@client.test\r\nSubject: hostile\r\nMIME-Version: 1.0\r\n` +
        `Content-Type: text/html; charset=utf-8\r\n\r\n${hostile}\r\n`,
    );
    await openMail(sent.message_id, 'Re: <img src=x onerror=alert(1)>');
    const frame = page.frameLocator('iframe');
    await frame.locator('#end').waitFor();
    const at = page.url();
    for (const id of ['#go', '#js', '#top']) await frame.locator(id).click();
    // Nothing else is waited for: what a click would have done is begun when it returns.
    expect(page.url()).toBe(at);
    expect(await page.title()).toBe('Re: <img src=x onerror=alert(1)>');
    expect([dialogs, asked]).toEqual([[], []]);
    // An origin of its own: it can read neither the page around it nor another mail's.
    expect(await page.frames()[1]!.evaluate<string>('self.origin')).toBe('null');
    // It would have been seen here.
    await page.goto('http://evil.test/control');
    expect(asked).toContain('/control');
  });
});
