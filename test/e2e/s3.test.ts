import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { newId } from '../../src/lib/ids.ts';
import { filesOf, messageOf, rowIn, settledFiles } from '../support/mails.ts';
import { s3 } from '../support/s3.ts';
import { startS3Proxy, type S3Fault, type S3Proxy } from '../support/s3Proxy.ts';
import { startStack, TOKENS, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const BUCKET = 'postroom-e2e';
const { endpoint, ...credentials } = s3;
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });

let stack: Stack;
let proxy: S3Proxy;
beforeAll(async () => {
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  proxy = await startS3Proxy(endpoint);
  stack = await startStack({
    sandbox: { retrySpeed: 600 },
    env: {
      STORAGE_URL: `s3://${BUCKET}/house`,
      S3_ENDPOINT: proxy.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
});
afterAll(async () => {
  await stack.close();
  await proxy[Symbol.asyncDispose]();
  client.destroy();
});

async function keys(prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `house/${prefix}` }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

test.each(['forward', 'store', 'mime'] as const)('with S3 as the archive, posted as %s', async (form) => {
  const messageId = `<s3-${form}@client.test>`;
  await stack.sandbox.receive(
    {
      from: 'ann@client.test',
      to: [stack.at('support')],
      subject: 'On S3',
      text: 'Words of the mail',
      messageId,
      attachments: [{ filename: 'a.bin', content: Buffer.alloc(300_000, form) }],
    },
    { form },
  );
  const attachment = await until('the stored file', async () => {
    const [message] = await stack.messages(messageId);
    return message && stack.models.Attachment.findOne({ message_id: message._id, state: 'stored' }).lean();
  });
  expect(await keys(attachment.key as string)).toEqual([`house/${attachment.key}`]);
  const file = await stack.api(`attachments/${attachment._id}`, TOKENS.owner);
  expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.alloc(300_000, form))).toBe(true);
});

test('no mark is left, and skipped mail is under mailgun-skipped/', async () => {
  await stack.sandbox.receive({ from: 'a@b.test', to: ['nobody@postroom.test'], subject: 's', text: 't' });
  const row = await until('the skipped row', () =>
    stack.models.InboundEmail.findOne({ state: 'skipped' }).lean(),
  );
  expect(await keys(row.key)).toHaveLength(1);
  await until('no marks', async () => (await keys('mailgun-incoming/unstarted/')).length === 0);
});

describe('an S3 that does not work as it should', () => {
  const FILE = Buffer.alloc(300_000, 'file');
  const PAYLOADS = 'mailgun-incoming/20';
  const refused = { kind: 'refused', status: 503, code: 'SlowDown' } as const;

  beforeEach(() => {
    proxy.faults = [];
    proxy.met = [];
  });
  afterEach(() => {
    proxy.faults = [];
  });

  /** A mail with a file, posted in the form that has most objects. @returns the posts, and its Message-Id */
  async function receive(form: 'forward' | 'mime' = 'forward') {
    const messageId = `<s3-${newId()}@client.test>`;
    const attachments = [{ filename: 'a.bin', content: FILE }];
    const mail = {
      from: 'ann@client.test',
      to: [stack.at('support')],
      text: 'Words',
      messageId,
      attachments,
    };
    const { deliveries } = await stack.sandbox.receive(mail, { form });
    return { messageId, posts: deliveries };
  }

  /** One row, one message, and its file, whole; it was never taken for a mail that cannot be read. */
  async function expectWholeMail(messageId: string): Promise<void> {
    const row = await rowIn(stack, messageId, 'routed');
    expect(row.run).toBe(1);
    const message = await messageOf(stack, messageId);
    expect(message.text.trim()).toBe('Words');
    const [file] = await settledFiles(stack, message);
    expect(file).toMatchObject({ state: 'stored', size: FILE.length });
    const answer = await stack.api(`attachments/${file!._id}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(FILE)).toBe(true);
    expect(await stack.messages(messageId)).toHaveLength(1);
    expect(await stack.models.InboundEmail.countDocuments({ 'mail.message_id': messageId })).toBe(1);
    expect(await filesOf(stack, message)).toHaveLength(1);
  }

  test.each<[name: string, fault: S3Fault]>([
    ['it takes nothing', { method: 'PUT', ...refused }],
    ['it takes the files and not the payload', { method: 'PUT', path: '.json', ...refused }],
    ['it takes the payload and not its mark', { method: 'PUT', path: 'unstarted', ...refused }],
    ['it stores all and answers nothing', { method: 'PUT', kind: 'lost' }],
    ['what it stores is something else', { method: 'PUT', kind: 'other ETag' }],
  ])('%s: a post is answered 503, and counts once when it is taken', async (_name, fault) => {
    proxy.faults = [
      fault,
      ...(fault.kind === 'other ETag' ? [{ method: 'HEAD', kind: 'shorter' } as const] : []),
    ];
    const { messageId, posts } = await receive();
    expect(posts[0]?.tries[0]?.status).toBe(503);
    proxy.faults = [];
    await until('a later try to be taken', () => posts[0]?.outcome === 'accepted');
    await expectWholeMail(messageId);
  });

  test('it answers late: so does the post', async () => {
    proxy.faults = [{ method: 'PUT', kind: 'late', ms: 500 }];
    const { messageId, posts } = await receive();
    expect(posts[0]?.outcome).toBe('accepted');
    await expectWholeMail(messageId);
  });

  test.each<[name: string, fault: S3Fault]>([
    [
      'it does not show the payload yet',
      { method: 'GET', path: '.json', kind: 'refused', status: 404, code: 'NoSuchKey' },
    ],
    ['it breaks off', { method: 'GET', kind: 'broken off' }],
    ['it gives a part', { method: 'GET', kind: 'shorter' }],
    ['it gives other bytes', { method: 'GET', kind: 'other bytes' }],
    ['it wants fewer calls', { method: 'GET', ...refused }],
  ])('%s while a mail is processed: the mail waits, and comes through whole', async (_name, fault) => {
    proxy.faults = [{ ...fault, path: fault.path ?? PAYLOADS, times: 4 }];
    const { messageId } = await receive('mime');
    await expectWholeMail(messageId);
    expect(proxy.met.length).toBe(4);
  });

  test('it does not show a copy of a file yet, and takes none for a while: the file is stored, in the end', async () => {
    proxy.faults = [
      { method: 'PUT', path: '/attachments/', ...refused, times: 6 },
      { method: 'HEAD', path: '/attachments/', kind: 'refused', status: 404, code: 'NotFound', times: 2 },
    ];
    const { messageId } = await receive();
    await expectWholeMail(messageId);
    expect(proxy.met.map(({ kind }) => kind)).toEqual(Array(8).fill('refused'));
  });
});
