import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { s3 } from '../support/s3.ts';
import { startStack, TOKENS, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const BUCKET = 'postroom-e2e';
const { endpoint, ...credentials } = s3;
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });

let stack: Stack;
beforeAll(async () => {
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  stack = await startStack({
    env: {
      STORAGE_URL: `s3://${BUCKET}/house`,
      S3_ENDPOINT: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
});
afterAll(async () => {
  await stack.close();
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
