import { createWorld, rows, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A personal mail of Dana's with an image in its HTML: the id of the file, and its URL in the HTML. */
async function mailWithImage(): Promise<{ id: string; url: URL; html: string }> {
  const { models, tokens } = world;
  const personal = { audience: 'owner:dana' };
  const { _id: thread_id } = await rows.conversation(models, { ...personal, owner_id: 'dana' });
  const { _id: message_id } = await rows.message(models, {
    ...personal,
    thread_kind: 'conversation',
    thread_id,
    html: '<p>Hi</p><img src="postroom-cid:logo%40x" alt="l" /><img src="postroom-cid:lost" />',
  });
  const content_id = 'logo@x';
  const id = await storedFile(world, 'PNG', {
    ...personal,
    message_id,
    content_id,
    inline: true,
    content_type: 'image/png',
    filename: 'l.png',
  });
  await rows.attachment(models, {
    ...personal,
    message_id,
    position: 1,
    content_id: 'lost',
    state: 'failed',
  });
  const answer = await world.get(`/conversations/${thread_id}/messages`, tokens.dana);
  const { data } = (await answer.json()) as { data: [{ html: string }] };
  const { html } = data[0];
  const src = /src="([^"]+)"/.exec(html)?.[1] ?? '';
  return { id, html, url: new URL(src.replaceAll('&amp;', '&')) };
}

test('an image of a mail is shown by a URL that needs no token', async () => {
  const { id, url, html } = await mailWithImage();
  expect(url.href.startsWith(`${world.url}/files/${id}?`)).toBe(true);
  expect(html).not.toContain('postroom-cid');
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, 'PNG']);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-disposition': 'inline; filename="l.png"',
    'content-security-policy': "default-src 'none'; sandbox",
  });
});

test('a URL that was changed in any part is refused', async () => {
  const [mine, other] = [await mailWithImage(), await mailWithImage()];
  const changes: [string, (url: URL) => void][] = [
    ['another file', (url) => (url.pathname = other.url.pathname)],
    ['another user', (url) => url.searchParams.set('user', 'max')],
    ['another workspace', (url) => url.searchParams.set('workspace', 'other')],
    ['a later end', (url) => url.searchParams.set('expires', '9999999999')],
    ['no end', (url) => url.searchParams.delete('expires')],
    ['an end that is no number', (url) => url.searchParams.set('expires', 'never')],
    ['two ends', (url) => url.searchParams.append('expires', '9999999999')],
    ['no signature', (url) => url.searchParams.delete('signature')],
    ['a short signature', (url) => url.searchParams.set('signature', 'x')],
    [
      'another signature',
      (url) => url.searchParams.set('signature', other.url.searchParams.get('signature')!),
    ],
  ];
  for (const [what, change] of changes) {
    const url = new URL(mine.url);
    change(url);
    const answer = await fetch(url);
    expect([what, answer.status]).toEqual([what, 403]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  }
  expect((await fetch(mine.url)).status).toBe(200);
});

test('a URL works for one to two hours, and only while its user may see the file', async () => {
  const user = { workspaceId: 'acme', userId: 'dana', role: 'member' } as const;
  const { id, url } = await mailWithImage();
  const now = Date.now();
  const ends = Number(url.searchParams.get('expires')) * 1000;
  expect(ends - now).toBeGreaterThan(60 * 60_000 - 5_000);
  expect(ends - now).toBeLessThanOrEqual(2 * 60 * 60_000);
  const madeAnHourAgo = world.links.signedFile(user, id, now - 60 * 60_000);
  const tooOld = world.links.signedFile(user, id, now - 2 * 60 * 60_000 - 2_000);
  expect([(await fetch(madeAnHourAgo)).status, (await fetch(tooOld)).status]).toEqual([200, 403]);

  const forMax = world.links.signedFile({ ...user, userId: 'max' }, id);
  const forNobody = world.links.signedFile({ ...user, userId: 'nobody' }, id);
  expect([(await fetch(forMax)).status, (await fetch(forNobody)).status]).toEqual([404, 404]);

  await world.models.Member.deleteOne({ user_id: 'dana' });
  expect((await fetch(url)).status).toBe(404);
});
