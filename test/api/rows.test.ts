import { createWorld, rows, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const read = async (path: string): Promise<unknown> => (await world.get(path, world.tokens.dana)).json();
const at = T0.toISOString();

async function people() {
  const contact = await rows.contact(world.models, { email: `ann+${Math.random()}@x.test`, name: 'Ann Ünï' });
  const email = await rows.workspaceEmail(world.models, {});
  return { contact, email, ids: { contact_id: contact._id, workspace_email_id: email._id } };
}

test('a ticket', async () => {
  const { contact, email, ids } = await people();
  const { _id } = await rows.ticket(world.models, { ...ids, number: 7001, subject: 'Mehr Öl' });
  expect(await read(`/tickets/${_id}`)).toEqual({
    id: _id,
    kind: 'ticket',
    number: 7001,
    subject: 'Mehr Öl',
    status: 'open',
    contact: { id: contact._id, email: contact.email, name: 'Ann Ünï' },
    workspace_email: { id: email._id, address: email.address },
    agent_id: null,
    team_id: null,
    priority: 'normal',
    tags: [],
    spam: false,
    preview: '',
    last_message: null,
    first_contact: true,
    message_count: 0,
    has_attachments: false,
    waiting_since: null,
    unread: true,
    followed: false,
    snoozed_until: null,
    trouble: null,
    scheduled_at: null,
    closed_at: null,
    last_message_at: at,
    created_at: at,
    updated_at: at,
    deleted_at: null,
    merged_into: null,
    merged_kind: null,
  });
  expect(await read('/tickets')).toMatchObject({
    data: [{ id: _id, number: 7001, contact: { id: contact._id } }],
  });
});

test('a personal conversation', async () => {
  const { contact, email, ids } = await people();
  const { _id } = await rows.conversation(world.models, {
    ...ids,
    audience: 'owner:dana',
    owner_id: 'dana',
    agent_id: 'dana',
  });
  expect(await read(`/conversations/${_id}`)).toEqual({
    id: _id,
    kind: 'conversation',
    owner_id: 'dana',
    subject: 'Hello',
    status: 'open',
    contact: { id: contact._id, email: contact.email, name: 'Ann Ünï' },
    workspace_email: { id: email._id, address: email.address },
    agent_id: 'dana',
    team_id: null,
    priority: 'normal',
    tags: [],
    spam: false,
    preview: '',
    last_message: null,
    first_contact: true,
    message_count: 0,
    has_attachments: false,
    waiting_since: null,
    unread: true,
    followed: false,
    snoozed_until: null,
    trouble: null,
    scheduled_at: null,
    closed_at: null,
    last_message_at: at,
    created_at: at,
    updated_at: at,
    deleted_at: null,
    merged_into: null,
    merged_kind: null,
  });
});

test('a message with its attachments, in the mail’s order', async () => {
  const { _id: thread_id } = await rows.ticket(world.models, {});
  const { _id } = await rows.message(world.models, {
    thread_id,
    from: { email: 'list@x.test', name: 'Ann via List' },
    sender: { email: 'ann@x.test', name: 'Ann' },
    reply_to: [{ email: 'r@x.test', name: '' }],
    to: [{ email: 'support@acme.test', name: 'Support' }],
    cc: [{ email: 'c@x.test', name: '日本' }],
    to_email: 'support@acme.test',
    subject: 'Hi',
    text: 'text',
    message_id: '<a@x.test>',
    in_reply_to: '<p@x.test>',
    references: ['<r@x.test>', '<p@x.test>'],
    sender_known: false,
    sent_at: T0,
    cut: ['html'],
  });
  await rows.attachment(world.models, {
    _id: 'late',
    message_id: _id,
    position: 1,
    state: 'too_large',
    reason: 'it is over 25 MB',
    size: 26_214_401,
  });
  const first = await storedFile(world, 'hello', { message_id: _id, filename: 'Öl.txt', content_id: 'cid1' });
  expect(await read(`/tickets/${thread_id}/messages`)).toEqual({
    data: [
      {
        id: _id,
        direction: 'inbound',
        state: 'received',
        from: { email: 'list@x.test', name: 'Ann via List' },
        sender: { email: 'ann@x.test', name: 'Ann' },
        sender_known: false,
        sender_reason: 'stranger',
        authentication: null,
        reply_to: [{ email: 'r@x.test', name: '' }],
        answers_to: [{ email: 'ann@x.test', name: 'Ann' }],
        answers_elsewhere: true,
        reply_choices: [{ email: 'r@x.test', name: '' }],
        form_sender: null,
        to: [{ email: 'support@acme.test', name: 'Support' }],
        cc: [{ email: 'c@x.test', name: '日本' }],
        to_email: 'support@acme.test',
        sending_email: null,
        subject: 'Hi',
        text: 'text',
        html: null,
        has_quote: false,
        remote_images: 0,
        images_allowed: false,
        own_colours: false,
        cut: ['html'],
        inbound_email_id: null,
        message_id: '<a@x.test>',
        in_reply_to: '<p@x.test>',
        references: ['<r@x.test>', '<p@x.test>'],
        auto_reply: false,
        list_mail: false,
        spam: false,
        edited_at: null,
        mentions: [],
        author_id: null,
        sent_at: at,
        created_at: at,
        attachments: [
          {
            id: first,
            filename: 'Öl.txt',
            content_type: 'text/plain',
            size: 5,
            inline: false,
            content_id: 'cid1',
            state: 'stored',
            reason: null,
            url: `${world.url}/api/v1/workspaces/acme/attachments/${first}`,
          },
          {
            id: 'late',
            filename: 'a.txt',
            content_type: 'text/plain',
            size: 26_214_401,
            inline: false,
            content_id: null,
            state: 'too_large',
            reason: 'it is over 25 MB',
            url: `${world.url}/api/v1/workspaces/acme/attachments/late`,
          },
        ],
      },
    ],
    next_cursor: null,
    previous_cursor: null,
  });
});

test('a contact and a workspace email', async () => {
  const { contact, email } = await people();
  expect(await read(`/contacts/${contact._id}`)).toEqual({
    id: contact._id,
    email: contact.email,
    other_emails: [],
    name: 'Ann Ünï',
    notes: '',
    blocked_at: null,
    created_at: at,
    updated_at: at,
    merged_into: null,
  });
  expect(await read(`/emails/${email._id}`)).toEqual({
    id: email._id,
    address: email.address,
    display_name: '',
    purpose: 'ticket',
    user_id: null,
    team_id: null,
    kind: 'platform',
    state: 'pending',
    proved_at: null,
    can_receive: true,
    can_send: true,
    active: true,
    signature: null,
    form_senders: [],
    forwarding_address: null,
    forwarding_addresses: [],
    confirmations: [],
    proof: null,
    problem: null,
    created_at: at,
  });
  await world.models.WorkspaceEmail.updateOne({ _id: email._id }, { deleted_at: T0, can_receive: false });
  expect(await read(`/emails/${email._id}`)).toMatchObject({ status: 404 });
});

test('an inbound email, before and after it was parsed', async () => {
  const { _id } = await rows.inboundEmail(world.models, { state: 'failed', reason: 'unreadable', run: 2 });
  const row = {
    id: _id,
    recipient: 'support@acme.test',
    state: 'failed',
    reason: 'unreadable',
    from: null,
    subject: null,
    workflow_id: `inbound/${_id}/again/2`,
    workflow_url: `http://temporal.test/namespaces/mail/workflows/inbound%2F${_id}%2Fagain%2F2`,
    raw_url: `${world.url}/api/v1/workspaces/acme/inbound-emails/${_id}/raw`,
    raw_deleted_at: null,
    stuck_since: null,
    classified_by: null,
    about_message_id: null,
    message_ids: [],
    ticket_id: null,
    conversation_id: null,
    created_at: at,
    updated_at: at,
  };
  expect(await read(`/inbound-emails/${_id}`)).toEqual(row);
  expect(await read('/inbound-emails')).toEqual({ data: [row], next_cursor: null });
  const mail = { from: { email: 'a@x.test', name: 'A' }, subject: 'Hi', text: 'long', html: '<p>' };
  await world.models.InboundEmail.updateOne({ _id }, { mail });
  expect(await read(`/inbound-emails/${_id}`)).toEqual({ ...row, from: mail.from, subject: 'Hi' });
});

test('unknown paths are 404, unsupported methods 405 with Allow, all as problem+json; the API leaves other paths alone', async () => {
  const ask = (path: string, method = 'GET') => fetch(`${world.url}${path}`, { method });
  for (const path of [
    '/api',
    '/api/v1/nope',
    '/api/v1/workspaces/acme/nope',
    '/files',
    '/api/v1/workspaces/acme/tickets/a/b',
  ]) {
    const answer = await ask(path);
    expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
      path,
      404,
      'application/problem+json',
    ]);
  }
  const post = await ask('/api/v1/workspaces/acme/tickets', 'DELETE');
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'HEAD, GET, POST']);
  expect(await post.json()).toMatchObject({ status: 405, title: 'Method Not Allowed' });
  expect((await ask('/files/x', 'POST')).status).toBe(405);
  expect((await world.get('/tickets/%ZZ', world.tokens.dana)).status).toBe(404);
  expect(await (await ask('/apis')).text()).toBe('not the API');
  expect(await (await ask('/')).text()).toBe('not the API');
});
