import {
  type Field,
  fieldParts,
  MIME_TOKEN,
  MULTIPART,
  multipart,
  post,
  postForm,
  type Rig,
  signature,
  someFields,
  startRig,
} from './rig.ts';

let rig: Rig;
beforeAll(async () => void (rig = await startRig()));
afterAll(() => rig.close());

const idsOf = async (answer: Response): Promise<string[]> =>
  (await rig.payload(answer)).deliveries.map((delivery) => delivery.inbound_id);
const withRecipient = (recipient: string): Field[] => [['recipient', recipient], ...someFields().slice(1)];

test('a post tried again is the same mail, also when it is signed anew', async () => {
  const first = await idsOf(await postForm(rig, [...someFields(), ...signature({ token: 'one' })]));
  const again = [...signature({ token: 'two', at: Date.now() - 60_000 }), ...someFields()];
  expect(await idsOf(await postForm(rig, again))).toEqual(first);
});

test('anything else that differs is another mail', async () => {
  const [[name, value], ...rest] = someFields() as [Field, ...Field[]];
  const variants: Field[][] = [
    someFields(),
    [...someFields()].reverse(),
    [...someFields(), ['X-More', '']],
    [[`${name}x`, value], ...rest],
    [[name, `${value}x`], ...rest],
    [...rest, ['recipient', value], ['Received', 'from two']],
    withRecipient('other@acme.test'),
  ];
  const ids = await Promise.all(
    variants.map(async (fields) => idsOf(await postForm(rig, [...fields, ...signature()]))),
  );
  expect(new Set(ids.flat()).size).toBe(variants.length);
});

test('files count with name, type and bytes', async () => {
  const file = (filename: string, type: string, body: string) => ({
    head: `Content-Disposition: form-data; name="attachment-1"; filename="${filename}"\r\nContent-Type: ${type}`,
    body,
  });
  const large = 'x'.repeat(300_000);
  const files = [
    file('a', 'x/y', 'b'),
    file('c', 'x/y', 'b'),
    file('a', 'x/z', 'b'),
    file('a', 'x/y', large),
  ];
  const idOf = async (one: ReturnType<typeof file>): Promise<string> => {
    const body = multipart([one, ...fieldParts([...someFields(), ...signature()])]);
    return (await idsOf(await post(rig, 'mailgun/inbound', body, MULTIPART)))[0]!;
  };
  const ids = await Promise.all(files.map(idOf));
  expect(new Set(ids).size).toBe(files.length);
  expect(await Promise.all(files.map(idOf))).toEqual(ids);
});

test('a list with commas is one delivery for each recipient; quotes may contain commas, repeats count once', async () => {
  const list = 'Support@acme.test, "a,b"@acme.test ,,support@acme.test,hello+x@acme.test';
  const { deliveries } = await rig.payload(await postForm(rig, [...withRecipient(list), ...signature()]));
  expect(deliveries.map((delivery) => delivery.recipient)).toEqual([
    'Support@acme.test',
    '"a,b"@acme.test',
    'hello+x@acme.test',
  ]);
  expect(new Set(deliveries.map((delivery) => delivery.inbound_id)).size).toBe(3);
});

test('raw mail: the recipients are in the query, a plus is a plus', async () => {
  const headers = {
    authorization: `bearer ${MIME_TOKEN}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const query = 'recipient=a+tag@b.test&recipient=c%2Btag@d.test,E@f.test&recipient=e@f.test';
  const stored = await rig.payload(await post(rig, `mime/inbound?${query}`, 'Subject: x\r\n\r\ny', headers));
  expect(stored.deliveries.map((delivery) => delivery.recipient)).toEqual([
    'a+tag@b.test',
    'c+tag@d.test',
    'E@f.test',
  ]);
  expect(stored).toMatchObject({ provider: 'mime', token_hash: null, refused: null });
});

test('of the token only its hash is stored', async () => {
  const stored = await rig.payload(await postForm(rig, [...someFields(), ...signature({ token: 'once' })]));
  // printf once | sha256sum
  expect(stored.token_hash).toBe('200651a8b2d5912f692db89468a7d47d86a3ed6844f48f1b15f2be1d9c9a7e5e');
});
