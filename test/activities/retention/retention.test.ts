import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import pino from 'pino';
import type { Deps } from '../../../activities/deps.ts';
import { createOperationsActivities } from '../../../activities/index.ts';
import type { InboundEmailRow } from '../../../src/infra/models/index.ts';
import { EXPIRED } from '../../../src/core/replies/uploads.ts';
import { createStorage } from '../../../src/infra/storage/createStorage.ts';
import type { Storage } from '../../../src/infra/storage/storage.ts';
import { inboundWorkflowId } from '../../../src/infra/temporal/ids.ts';
import { newId } from '../../../src/lib/ids.ts';
import { rerunInbound } from '../../../src/infra/temporal/rerun.ts';
import {
  eventIdOf,
  eventKey,
  eventMarkId,
  eventMarksFolder,
  payloadKey,
} from '../../../src/infra/archive/keys.ts';
import type { StoredPost } from '../../../src/infra/archive/storedPost.ts';
import { createWorld, rows, type World } from '../../api/world.ts';
import { runStep } from '../../support/house.ts';
import { s3 as server } from '../../support/s3.ts';
import { DAY_MS } from '../../../src/lib/time.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

let world: World;
const openRuns = new Set<string>();
const folders: string[] = [];
beforeAll(async () => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  });
  world = await createWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function keysBelow(storage: Storage, prefix: string): Promise<string[]> {
  const keys = [];
  for await (const key of storage.list(prefix)) keys.push(key);
  return keys;
}

const file = async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'retention-'));
  folders.push(root);
  return createStorage({ url: `file:${root}`, s3Endpoint: null });
};
const s3 = async () => {
  const { endpoint } = server;
  const Bucket = `retention-${newId()}`;
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' });
  await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  return createStorage({ url: `s3://${Bucket}/prefix`, s3Endpoint: endpoint });
};

describe.each([
  ['file', file],
  ['s3', s3],
])('%s storage', (_name, open) => {
  let storage: Storage;
  let steps: ReturnType<typeof createOperationsActivities>;
  beforeAll(async () => {
    storage = await open();
    steps = createOperationsActivities({
      models: world.models,
      storage,
      outbound: { name: 'mailgun' },
      retentionDays: 30,
      now: () => NOW,
      runState: async (id: string) => ({ state: openRuns.has(id) ? 'open' : 'unknown' }),
      log: pino({ level: 'silent' }),
    } as unknown as Deps);
  });
  beforeEach(() => world.models.InboundEmail.deleteMany({}));

  /** A post with an object of each kind, and its row. */
  async function mail(days: number, row: Partial<InboundEmailRow>, ids = [row._id ?? newId()]) {
    const post = newId(ago(days).getTime());
    const key = payloadKey('mailgun', post);
    const beside = (name: string) => key.replace(/json$/, name);
    const payload: StoredPost = {
      id: post,
      provider: 'mailgun',
      received_at: ago(days).toISOString(),
      content_type: 'x',
      fields: [['body-html', { object: beside('field-1'), size: 1 }]],
      files: [{ field: 'f', filename: 'a', content_type: 'b', size: 1, object: beside('file-1') }],
      mime: { object: beside('eml'), size: 1 },
      deliveries: ids.map((inbound_id) => ({ recipient: 'support@acme.test', inbound_id })),
      content_hash: 'h',
      token_hash: null,
      refused: null,
    };
    const files = [{ source: { url: 'http://x' } }] as never;
    for (const name of ['field-1', 'file-1', 'eml', 'remote-0']) await storage.put(beside(name), 'x');
    await storage.put(key, JSON.stringify(payload));
    await rows.inboundEmail(world.models, {
      _id: ids[0]!,
      key,
      created_at: ago(days),
      updated_at: ago(days),
      mail: { files } as never,
      ...row,
    });
    return { id: ids[0]!, key, post };
  }
  const leftOf = async ({ post }: { post: string }) =>
    (await keysBelow(storage, 'mailgun-incoming/')).filter((key) => key.includes(post)).length;
  const sweep = () => runStep(steps.deleteOldRaw);

  test('the raw of routed and skipped mail is deleted after its time, that of other mail never', async () => {
    const states = ['routed', 'skipped', 'held', 'failed', 'received'] as const;
    const old = await Promise.all(states.map((state) => mail(31, { state })));
    const young = await mail(29, { state: 'routed' });
    const later = await mail(31, { state: 'routed', updated_at: ago(2) });
    const open = await mail(31, { state: 'routed' });
    const aboutToRun = await mail(31, { state: 'skipped' });
    openRuns.add(inboundWorkflowId(open.id, 1)).add(inboundWorkflowId(aboutToRun.id, 2));
    expect(await sweep()).toEqual({ mails: 2 });
    expect(await Promise.all([...old, young, later, open, aboutToRun].map(leftOf))).toEqual([
      ...[0, 0, 5, 5, 5, 5, 5, 5, 5],
    ]);
    const { raw, raw_deleted_at } = await world.models.InboundEmail.findById(old[0]!.id).orFail();
    expect({ raw, raw_deleted_at }).toEqual({ raw: 'gone', raw_deleted_at: NOW });
    expect(await sweep()).toEqual({ mails: 0 });
  });

  test('the copy of a skipped mail and posts that repeated it are deleted with the original', async () => {
    const repeat = await mail(31, { state: 'routed' });
    const further = await mail(31, { state: 'routed' });
    await world.models.InboundEmail.deleteMany({ _id: { $in: [repeat.id, further.id] } });
    const { id, key, post } = await mail(31, { state: 'skipped', repeats: [repeat.post] });
    const copy = key.replace('incoming', 'skipped');
    await storage.put(copy, (await storage.readAll(key)).toString().replaceAll('incoming', 'skipped'));
    for (const name of ['field-1', 'file-1', 'eml', 'remote-0'])
      await storage.put(copy.replace(/json$/, name), 'x');
    await world.models.InboundEmail.updateOne({ _id: id }, { $set: { key: copy } });
    await world.models.Repeat.create({ _id: 'further', inbound_email_id: id, post_id: further.post });
    await sweep();
    expect(await keysBelow(storage, 'mailgun-skipped/')).toEqual([]);
    expect(await Promise.all([{ post }, repeat, further].map(leftOf))).toEqual([0, 0, 0]);
    expect(await world.models.Repeat.countDocuments()).toBe(0);
  });

  test('a post to two recipients is deleted with the last of them', async () => {
    const ids = [newId(), newId()];
    const files = [{ source: { url: 'http://x' } }];
    const shared = await mail(31, { state: 'routed' }, ids);
    const { key } = shared;
    const second = {
      _id: ids[1]!,
      key,
      created_at: ago(31),
      updated_at: ago(31),
      state: 'held',
      mail: { files },
    } as const;
    await rows.inboundEmail(world.models, second as never);
    expect(await sweep()).toEqual({ mails: 1 });
    expect(await leftOf(shared)).toBe(5);
    await world.models.InboundEmail.updateOne({ _id: ids[1] }, { $set: { state: 'routed' } });
    expect(await sweep()).toEqual({ mails: 1 });
    expect(await leftOf(shared)).toBe(0);
  });

  test('it finishes what a dead process has begun, and is safe to call concurrently', async () => {
    const begun = await mail(31, { state: 'routed', raw: 'going' });
    await storage.delete(begun.key.replace(/json$/, 'eml'));
    const others = await Promise.all(Array.from({ length: 3 }, () => mail(40, { state: 'routed' })));
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await Promise.all([begun, ...others].map(leftOf))).toEqual([0, 0, 0, 0]);
    expect(await world.models.InboundEmail.countDocuments({ raw: 'gone' })).toBe(4);
  });

  test('a payload that cannot be read is deleted with its objects, and does not stop the deletion of others', async () => {
    const broken = await mail(31, { state: 'routed', raw: 'going' });
    await storage.put(broken.key, '{"id": "cut o');
    const ofOtherDays = await mail(33, { state: 'routed' });
    await storage.put(ofOtherDays.key, '{"deliveries": "none"}');
    const copied = await mail(31, { state: 'skipped' });
    const copy = copied.key.replace('incoming', 'skipped');
    await storage.put(copy, '');
    await storage.put(copy.replace(/json$/, 'eml'), 'x');
    await world.models.InboundEmail.updateOne({ _id: copied.id }, { $set: { key: copy } });
    const wholeOnes = await Promise.all([31, 35].map((days) => mail(days, { state: 'routed' })));
    const young = await mail(29, { state: 'routed' });
    // A held mail may still need its payload, once that is repaired.
    const shared = await mail(31, { state: 'routed' });
    await storage.put(shared.key, '[');
    const { key } = shared;
    await rows.inboundEmail(world.models, { _id: newId(), key, state: 'held' });
    expect(await sweep()).toEqual({ mails: 6 });
    const all = [broken, ofOtherDays, copied, ...wholeOnes, young, shared];
    expect(await Promise.all(all.map(leftOf))).toEqual([0, 0, 0, 0, 0, 5, 5]);
    expect(await keysBelow(storage, 'mailgun-skipped/')).toEqual([]);
    expect(await sweep()).toEqual({ mails: 0 });
  });

  test('more rows that were left marked than a batch holds are all finished', async () => {
    const ids = Array.from({ length: 230 }, () => newId());
    for (const _id of ids)
      await rows.inboundEmail(world.models, {
        _id,
        state: 'routed',
        raw: 'going',
        key: payloadKey('mailgun', _id),
      });
    expect(await sweep()).toEqual({ mails: 230 });
    expect(await world.models.InboundEmail.countDocuments({ raw: 'gone' })).toBe(230);
  });

  test('events are deleted after their time, once they were written to their messages', async () => {
    const put = async (days: number, isWaiting = false) => {
      const id = eventIdOf(ago(days), newId());
      const mark = eventMarksFolder('mailgun') + eventMarkId(newId(), id);
      await storage.put(eventKey('mailgun', id), '{}', isWaiting ? mark : undefined);
      return [eventKey('mailgun', id), ...(isWaiting ? [mark] : [])];
    };
    await put(31);
    await put(400);
    const kept = [await put(29), await put(30), await put(60, true), await put(0)].flat();
    const all = await Promise.all([runStep(steps.deleteOldEvents), runStep(steps.deleteOldEvents)]);
    expect(Math.max(...all.map(({ events }) => events))).toBeGreaterThan(0);
    expect((await keysBelow(storage, 'mailgun-events/')).sort()).toEqual(kept.sort());
    expect(await runStep(steps.deleteOldEvents)).toEqual({ events: 0 });
  });

  test('an upload that no message attached within a day is deleted; a file of a message never', async () => {
    const put = async (days: number, message_id: string) => {
      const _id = newId();
      const key = `attachments/acme/uploads/${_id}`;
      await storage.put(key, 'x');
      await rows.attachment(world.models, { _id, key, message_id, created_at: ago(days) });
      return key;
    };
    await put(2, '');
    await put(2, EXPIRED);
    const kept = [await put(0.9, ''), await put(9, 'm1')];
    expect(await runStep(steps.deleteOldUploads)).toEqual({ files: 2 });
    expect((await keysBelow(storage, 'attachments/')).sort()).toEqual(kept.sort());
    expect(await runStep(steps.deleteOldUploads)).toEqual({ files: 0 });
    await world.models.Attachment.deleteMany({});
  });
});

test('the API says that a raw is deleted, and does not run the mail again', async () => {
  const { _id } = await rows.inboundEmail(world.models, {
    state: 'skipped',
    audiences: ['tickets'],
    raw: 'gone',
    raw_deleted_at: NOW,
  });
  const shown = await world.get(`/inbound-emails/${_id}`, world.tokens.olga);
  expect(await shown.json()).toMatchObject({ id: _id, raw_deleted_at: NOW.toISOString() });
  const raw = await world.get(`/inbound-emails/${_id}/raw`, world.tokens.olga);
  expect(raw.status).toBe(410);
  expect(await raw.json()).toMatchObject({ detail: expect.stringContaining('has been deleted') as string });
  const inboundEmail = () => Promise.reject(new Error('no run may be started'));
  const rerunDeps = { models: world.models, client: null as never, starts: { inboundEmail } };
  expect(await rerunInbound(rerunDeps, _id)).toEqual({ result: 'raw gone' });
});
