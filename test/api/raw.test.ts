import type { InboundProvider } from '../../src/infra/providers/inbound.ts';
import type { Rerun } from '../../src/infra/temporal/rerun.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
let again: () => Promise<Rerun>;
const provider = {
  name: 'mailgun',
  volatileFields: ['timestamp', 'token', 'signature'],
} as unknown as InboundProvider;
beforeAll(async () => {
  world = await createWorld({ providers: new Map([['mailgun', provider]]), rerun: () => again() });
});
afterAll(() => world[Symbol.asyncDispose]());

const folder = 'mailgun-incoming/2026/11/01';

async function posted(post: Partial<StoredPost>): Promise<string> {
  const key = `${folder}/${Math.random()}.json`;
  const whole: StoredPost = {
    id: 'post1',
    provider: 'mailgun',
    received_at: '2026-11-01T10:00:00.000Z',
    content_type: 'multipart/form-data; boundary=x',
    fields: [],
    files: [],
    mime: null,
    deliveries: [{ recipient: 'support@acme.test', inbound_id: 'i' }],
    content_hash: 'h',
    token_hash: 't',
    refused: null,
    ...post,
  };
  await world.storage.put(key, JSON.stringify(whole));
  const { _id } = await rows.inboundEmail(world.models, { key });
  return _id;
}
const raw = (id: string) => world.get(`/inbound-emails/${id}/raw`, world.tokens.max);

test('MIME comes back byte for byte, as a file', async () => {
  const eml = Buffer.from('From: a@x.test\r\nSubject: \xe4\xf6\r\n\r\n\x00\xff\r\n', 'latin1');
  await world.storage.put(`${folder}/p.eml`, eml);
  const id = await posted({ mime: { object: `${folder}/p.eml`, size: eml.length } });
  const answer = await raw(id);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'message/rfc822',
    'content-length': String(eml.length),
    'content-disposition': `attachment; filename="${id}.eml"`,
    'content-security-policy': "default-src 'none'; sandbox",
  });
  expect(Buffer.from(await answer.arrayBuffer()).equals(eml)).toBe(true);
});

test('a form comes back as JSON with its fields in order, large ones and files in base64, and without the signature', async () => {
  const large = Buffer.from(Array.from({ length: 200_001 }, (_, i) => (i * 7) % 256));
  await world.storage.put(`${folder}/p.field-2`, large);
  await world.storage.put(`${folder}/p.file-1`, 'abcd');
  await world.storage.put(`${folder}/p.file-2`, '');
  const file = { field: 'attachment-1', content_type: 'text/plain' };
  const id = await posted({
    fields: [
      ['subject', 'Ünï "x"'],
      ['X-Old', { base64: '/w==' }],
      ['token', 'one-time'],
      ['body-html', { object: `${folder}/p.field-2`, size: large.length }],
      ['subject', 'twice'],
      ['signature', 'proof'],
    ],
    files: [
      { ...file, filename: 'a.txt', size: 4, object: `${folder}/p.file-1` },
      { ...file, filename: '空.txt', size: 0, object: `${folder}/p.file-2` },
    ],
  });
  const answer = await raw(id);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${id}.json"`);
  expect(await answer.json()).toEqual({
    id: 'post1',
    provider: 'mailgun',
    received_at: '2026-11-01T10:00:00.000Z',
    content_type: 'multipart/form-data; boundary=x',
    fields: [
      ['subject', 'Ünï "x"'],
      ['X-Old', { base64: '/w==' }],
      ['body-html', { base64: large.toString('base64') }],
      ['subject', 'twice'],
    ],
    files: [
      { ...file, filename: 'a.txt', size: 4, base64: 'YWJjZA==' },
      { ...file, filename: '空.txt', size: 0, base64: '' },
    ],
  });
});

test('a post with other recipients does not name them', async () => {
  const recipient = ' Support@acme.test, boss@other.test,dana@acme.test';
  const deliveries = ['support@acme.test', 'boss@other.test', 'dana@acme.test'];
  const id = await posted({
    fields: [
      ['recipient', recipient],
      ['To', 'support@acme.test'],
    ],
    deliveries: deliveries.map((to) => ({ recipient: to, inbound_id: to })),
  });
  const text = await (await raw(id)).text();
  expect(JSON.parse(text)).toMatchObject({
    fields: [
      ['recipient', 'support@acme.test'],
      ['To', 'support@acme.test'],
    ],
  });
  expect(text).not.toMatch(/other\.test|dana/);
});

test('raw mail that is no longer stored is 404 with a sentence', async () => {
  const { _id } = await rows.inboundEmail(world.models, { key: `${folder}/gone.json` });
  const withoutMime = await posted({ mime: { object: `${folder}/gone.eml`, size: 1 } });
  for (const id of [_id, withoutMime]) {
    const answer = await raw(id);
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { detail: 'This file is no longer stored.' },
    ]);
  }
});

test('running again answers 202 with the row and its new workflow, 409, 404 or 503', async () => {
  const { _id } = await rows.inboundEmail(world.models, { state: 'skipped' });
  const rerun = async () => {
    const answer = await world.post(`/inbound-emails/${_id}/rerun`, world.tokens.max);
    return [answer.status, (await answer.json()) as object] as const;
  };
  const workflowId = `inbound/${_id}/again/3`;
  for (const result of ['started', 'running'] as const) {
    again = () => Promise.resolve({ result, workflowId, run: 3 });
    expect(await rerun()).toMatchObject([202, { id: _id, state: 'skipped', workflow_id: workflowId }]);
  }
  again = () => Promise.resolve({ result: 'not needed' });
  expect(await rerun()).toMatchObject([409, { status: 409 }]);
  again = () => Promise.resolve({ result: 'not found' });
  expect(await rerun()).toMatchObject([404, { status: 404 }]);
  again = () => Promise.reject(new Error('14 UNAVAILABLE: ann@x.test'));
  const [status, problem] = await rerun();
  expect(status).toBe(503);
  expect(JSON.stringify(problem)).not.toContain('ann@x.test');
});

test('who runs an untraced copy again accepts it for themselves alone; nobody else sees it', async () => {
  again = () => Promise.resolve({ result: 'started', workflowId: 'again', run: 2 });
  const accept = async (reason: string, token: string) => {
    const held = { state: 'held' as const, reason, audiences: ['owner:dana', 'owner:max'] };
    const { _id } = await rows.inboundEmail(world.models, held);
    const { status } = await world.post(`/inbound-emails/${_id}/rerun`, token);
    return [status, (await world.models.InboundEmail.findById(_id).lean())?.released_for];
  };
  expect(await accept('untraced copy', world.tokens.dana)).toEqual([202, ['owner:dana']]);
  expect(await accept('unproved address', world.tokens.dana)).toEqual([202, undefined]);
  expect(await accept('untraced copy', world.tokens.olga)).toEqual([404, undefined]);
});
