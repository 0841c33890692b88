import { readFileSync } from 'node:fs';
import { hashPassword } from '../../src/core/access/passwords.ts';
import { sanitiseHtml } from '../../src/mail/html.ts';
import type { InboundMessageRow } from '../../src/infra/models/index.ts';
import { answerOf } from './answers.ts';
import { Browser, PASSWORD } from './signedIn.ts';
import { createWorld, rows, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A ticket with a message. @returns its path */
async function message(row: Partial<InboundMessageRow>): Promise<string> {
  const { _id } = await rows.ticket(world.models, {});
  const { _id: id } = await rows.message(world.models, { thread_id: _id, subject: 'Order', ...row });
  return `/tickets/${_id}/messages/${id}`;
}
const withHtml = (html: string) => message({ html: sanitiseHtml(html).html });
async function view(path: string, query = '') {
  const answer = await world.get(`${path}/view${query}`, world.tokens.max);
  const document = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    document,
    body: /<body>([^]*)<\/body>/.exec(document)?.[1],
  };
}

test('a mail is a document with a policy of its own', async () => {
  const { headers, document } = await view(await withHtml('<p>Hello</p>'));
  expect(document).toMatch(/^<!doctype html>/);
  expect(document).toContain('<p>Hello</p>');
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; " +
      "base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups " +
      'allow-popups-to-escape-sandbox',
    'x-frame-options': 'SAMEORIGIN',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-cache',
    'x-quoted': 'false',
    'x-remote-images': '0',
  });
});

test('it is for those who see the message, with a token or with a session', async () => {
  const path = await withHtml('<p>Hello</p>');
  const url = `${world.url}/api/v1/workspaces/acme${path}/view`;
  await world.models.User.updateOne({ _id: 'max' }, { password_hash: await hashPassword(PASSWORD) });
  const browser = new Browser(world);
  await browser.signIn('max@people.test');
  expect((await fetch(url, { headers: { cookie: browser.cookie } })).status).toBe(200);
  expect((await fetch(url)).status).toBe(401);
  expect((await world.get(`${path}/view`, world.tokens.stranger)).status).toBe(404);

  const personal = { audience: 'owner:dana' };
  const { _id: thread_id } = await rows.conversation(world.models, { ...personal, owner_id: 'dana' });
  const { _id } = await rows.message(world.models, { ...personal, thread_kind: 'conversation', thread_id });
  const own = `/conversations/${thread_id}/messages/${_id}/view`;
  const statuses = [world.tokens.dana, world.tokens.olga].map(
    async (token) => (await world.get(own, token)).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 404]);
});

test('images of other servers load only when they are asked for', async () => {
  const path = await withHtml(
    '<p>Hi</p><img src="https://track.test/1.gif" alt="a"><img src="http://x.test/2.png">',
  );
  const without = await view(path);
  expect(without.body).not.toMatch(/ src=/);
  expect(without.headers.get('x-remote-images')).toBe('2');
  const asked = await view(path, '?images=1');
  expect(asked.body).toContain('<img referrerpolicy="no-referrer" src="https://track.test/1.gif" alt="a" />');
  expect(asked.headers.get('content-security-policy')).toContain("img-src 'self' data: https: http:;");
  const { body } = await answerOf(world.get(path, world.tokens.max));
  expect(body).toMatchObject({
    remote_images: 2,
    has_quote: false,
    own_colours: false,
    images_allowed: false,
  });
  expect(body.html).toContain('<img data-src="https://track.test/1.gif"');
  expect(body.html).not.toMatch(/ src=/);
});

test('images of the mail have our URLs, the same ones within the hour', async () => {
  const { _id: thread_id } = await rows.ticket(world.models, {});
  const html = '<img src="postroom-cid:logo%40x" alt="l" />';
  const { _id } = await rows.message(world.models, { thread_id, html });
  const id = await storedFile(world, 'PNG', {
    message_id: _id,
    content_id: 'logo@x',
    content_type: 'image/png',
  });
  const sourceIn = async () =>
    / src="([^"]*)"/.exec((await view(`/tickets/${thread_id}/messages/${_id}`)).body!)![1]!;
  const url = (await sourceIn()).replaceAll('&amp;', '&');
  expect(url).toContain(`/files/${id}?`);
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, 'PNG']);
  expect(answer.headers.get('cache-control')).toMatch(/^private, max-age=\d{4}, immutable$/);
  const user = { workspaceId: 'acme', userId: 'max', role: 'member' } as const;
  const at = (time: string) => world.links.signedFile(user, id, Date.parse(time));
  expect(at('2026-11-03T10:00:00Z')).toBe(at('2026-11-03T10:59:59Z'));
  expect(at('2026-11-03T10:59:59Z')).not.toBe(at('2026-11-03T11:00:00Z'));
});

test('quotes are folded until they are asked for', async () => {
  const path = await withHtml('<p>Yes</p><blockquote type="cite">OLD</blockquote>');
  const folded = await view(path);
  expect([folded.body!.includes('OLD'), folded.headers.get('x-quoted')]).toEqual([false, 'true']);
  const open = await view(path, '?quote=1');
  expect([open.body!.includes('OLD'), open.headers.get('x-quoted')]).toEqual([true, 'true']);
  expect((await answerOf(world.get(path, world.tokens.max))).body.has_quote).toBe(true);
});

test('plain text is a document too: escaped, with links, its quote folded', async () => {
  const path = await message({
    text: 'See <b> https://x.test/a?b=1&c=2. Or ann@x.test\n\nOn 3 Nov Ann wrote:\n> OLD',
  });
  const { body } = await view(path);
  expect(body).toBe(
    '<div class="text" dir="auto">See &lt;b&gt; <a href="https://x.test/a?b=1&amp;c=2" target="_blank" ' +
      'rel="noopener noreferrer">https://x.test/a?b=1&amp;c=2</a>. Or <a href="mailto:ann@x.test" ' +
      'target="_blank" rel="noopener noreferrer">ann@x.test</a>\n\n</div>',
  );
  expect((await view(path, '?quote=1')).body).toContain('&gt; OLD');
});

test('a mail with colours of its own stays light on a dark page', async () => {
  const own = await withHtml('<p style="color:#333">Hi</p>');
  const plain = await withHtml('<p style="color:windowtext">Hi</p>');
  const classOf = async (path: string) =>
    /<html [^>]*class="(\w*)"/.exec((await view(path, '?theme=dark')).document)![1];
  expect([await classOf(own), await classOf(plain)]).toEqual(['light', 'dark']);
  expect((await answerOf(world.get(own, world.tokens.max))).body.own_colours).toBe(true);
});

test('a wrong query is refused', async () => {
  const path = await withHtml('<p>Hi</p>');
  for (const query of ['?images=yes', '?quote=2', '?theme=x', '?other=1'])
    expect([query, (await view(path, query)).status]).toEqual([query, 422]);
});

describe('hostile mail is harmless', () => {
  const attacks: [string, string][] = [
    ['script', '<script>alert(1)</script><p onclick="alert(1)">x</p><img src=x onerror=alert(1)>'],
    [
      'form',
      '<form action="https://evil.test"><input name="p"><button formaction="https://evil.test">x</button></form>',
    ],
    ['meta refresh', '<meta http-equiv="refresh" content="0;url=https://evil.test">'],
    ['base', '<base href="https://evil.test/"><a href="x">y</a>'],
    [
      'style sheets',
      '<style>@import "https://evil.test";body{background:url(https://evil.test)}</style><link rel="stylesheet" href="https://evil.test">',
    ],
    ['CSS that leaves its box', '<div style="position:fixed;inset:0;z-index:99;transform:scale(9)">x</div>'],
    [
      'CSS that loads',
      '<div style="background:url(https://evil.test);list-style-image:url(https://evil.test);content:url(x)">x</div>',
    ],
    ['escaped CSS', '<div style="background:\\75rl(https://evil.test);behavior:url(x)">x</div>'],
    [
      'SVG',
      '<svg onload="alert(1)"><use href="https://evil.test#x"/><image href="https://evil.test"/></svg>',
    ],
    [
      'data: HTML',
      '<a href="data:text/html,<script>alert(1)</script>">x</a><iframe src="data:text/html,x"></iframe>',
    ],
    [
      'frames',
      '<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="https://evil.test"></object><embed src="https://evil.test">',
    ],
    ['srcset', '<img srcset="https://evil.test 1x"><picture><source srcset="https://evil.test"></picture>'],
    [
      'background',
      '<table background="https://evil.test"><tr><td background="https://evil.test">x</td></tr></table>',
    ],
    [
      'media',
      '<video poster="https://evil.test" src="https://evil.test"></video><audio src="https://evil.test"></audio>',
    ],
    ['lazy images', '<img data-src="javascript:alert(1)"><img loading=lazy src="//evil.test/x">'],
    ['an end of the document', '</div></body></html><script>alert(1)</script>'],
    ['a subject and a quote', '<p data-quote="&quot;><script>alert(1)</script>">x</p>'],
  ];
  const known = readFileSync('test/fixtures/html/attacks.txt', 'utf8').split('\n').filter(Boolean);
  test.each([...attacks, ...known.map((html, n): [string, string] => [`known attack ${n}`, html])])(
    '%s',
    async (_, html) => {
      const path = await message({
        html: sanitiseHtml(html).html,
        subject: '</title><script>alert(1)</script>',
      });
      for (const query of ['', '?images=1&quote=1']) {
        const { document, body } = await view(path, query);
        const tags = body!
          .match(/<[^>]*>/g)!
          .map((tag) => tag.replace(/ (?:alt|title)="[^"]*"/g, ''))
          .join('');
        expect(document.split('</title>')).toHaveLength(2);
        expect(document.split('</html>')).toHaveLength(2);
        expect(tags).not.toMatch(
          /<\/?(?:script|style|form|input|button|meta|base|link|svg|iframe|object|embed|video|audio|source|picture)\b/i,
        );
        expect(tags).not.toMatch(
          / (?:on\w+|srcset|srcdoc|background|poster|formaction|action|id|class="(?!mail))=/i,
        );
        expect(tags).not.toMatch(/javascript:|url\(|position|transform|href="data:/i);
        // Only what a remote image was, and only where images are asked for.
        if (query === '') expect(tags).not.toMatch(/ src="(?!data:image\/)/);
      }
    },
  );
});

test('2 MB are shown, and other requests are answered meanwhile', async () => {
  const piece =
    '<table><tr><td style="color:red">A cell of a letter</td></tr></table><blockquote type="cite">x</blockquote>';
  const path = await withHtml(piece.repeat(1_900_000 / piece.length));
  let answered = false;
  const viewing = view(path).finally(() => (answered = true));
  const start = performance.now();
  await world.get('/tickets', world.tokens.max);
  const waited = performance.now() - start;
  expect((await viewing).status).toBe(200);
  expect(answered).toBe(true);
  expect(waited).toBeLessThan(2_000);
});
