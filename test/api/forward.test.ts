import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

async function mailWithFiles() {
  const ticket = await askedTicket(world);
  const { _id: message_id } = await rows.message(world.models, { thread_id: ticket });
  const file = await storedFile(world, 'hello', {
    message_id,
    filename: 'Öl.pdf',
    content_type: 'application/pdf',
  });
  await storedFile(world, 'pic', { message_id, filename: 'logo.png', inline: true, position: 1 });
  await rows.attachment(world.models, { message_id, state: 'failed', position: 2 });
  return { ticket, message_id, file };
}
const forward = (ticket: string, body: object) =>
  answerOf(
    world.post(`/tickets/${ticket}/messages`, world.tokens.max, { text: 'See', to: ['b@x.test'], ...body }),
  );

test('a message is forwarded with copies of its files, which are its own', async () => {
  const { ticket, message_id, file } = await mailWithFiles();
  const { status, body } = await forward(ticket, { attachments_of: message_id, kind: 'forward' });
  expect(status).toBe(202);
  expect(body.attachments).toMatchObject([
    { filename: 'Öl.pdf', content_type: 'application/pdf', size: 5, inline: false },
  ]);
  expect(body.attachments[0]!.id).not.toBe(file);
  const copy = await world.models.Attachment.findById(body.attachments[0]!.id).orFail().lean();
  const original = await world.models.Attachment.findById(file).orFail().lean();
  expect(copy.key).not.toBe(original.key);
  expect((await world.storage.readAll(copy.key!)).toString()).toBe('hello');
});

test('the files go with a new thread too', async () => {
  const { message_id } = await mailWithFiles();
  const opened = await answerOf(
    world.post('/conversations', world.tokens.max, {
      to: ['c@x.test'],
      text: 'x',
      attachments_of: message_id,
    }),
  );
  expect([opened.status, opened.body.message.attachments.length]).toEqual([202, 1]);
});

test('a message that the user may not see, or whose file is still being fetched, is 422', async () => {
  const { ticket, message_id } = await mailWithFiles();
  const personal = await rows.message(world.models, { audience: 'owner:dana' });
  const foreign = await rows.message(world.models, { workspace_id: 'other' });
  for (const id of [personal._id, foreign._id, 'none'])
    expect(await faultsOf(forward(ticket, { attachments_of: id }))).toEqual([422, 'attachments_of']);
  await rows.attachment(world.models, { message_id, state: 'pending', position: 3 });
  expect(await faultsOf(forward(ticket, { attachments_of: message_id }))).toEqual([422, 'attachments_of']);
});

test('a forward that is taken back has no copies in its draft: they are made again', async () => {
  const { ticket, message_id } = await mailWithFiles();
  const draft = await answerOf(
    world.put(`/tickets/${ticket}/draft/reply`, world.tokens.max, {
      text: 'See',
      mode: 'forward',
      message_id,
    }),
  );
  const sent = await forward(ticket, { attachments_of: message_id, draft: draft.body.id });
  const undone = await answerOf(
    world.delete(`/tickets/${ticket}/messages/${sent.body.id}`, world.tokens.max),
  );
  expect(undone.body).toMatchObject({ draft: { mode: 'forward', message_id, attachments: [] } });
});

test('only a message that is sent later can be called off by an answer', async () => {
  const { ticket } = await mailWithFiles();
  expect(await faultsOf(forward(ticket, { cancel_on_reply: true }))).toEqual([422, 'cancel_on_reply']);
  const send_at = new Date(Date.now() + 3_600_000).toISOString();
  const { body } = await forward(ticket, { cancel_on_reply: true, send_at });
  expect(body).toMatchObject({ state: 'scheduled', cancel_on_reply: true });
});
