import type { MessageRow } from '../../src/infra/models/index.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const reply = (ticket: string, body: object, token = world.tokens.max) =>
  answerOf(world.post(`/tickets/${ticket}/messages`, token, body));
const row = (id: string) => world.models.Message.findById(id).orFail().lean<MessageRow>();
const emailsOf = (people: { email: string }[]) => people.map(({ email }) => email);

test('a reply is saved with everything that will not change, and its run is requested', async () => {
  const id = await askedTicket(world);
  const { status, body } = await reply(id, { text: 'It comes tomorrow.' });
  expect(status).toBe(202);
  expect(body).toEqual({
    id: expect.any(String),
    direction: 'outbound',
    state: 'queued',
    from: null,
    sender: null,
    sender_known: true,
    sender_reason: null,
    answers_to: [],
    answers_elsewhere: false,
    reply_choices: [],
    form_sender: null,
    authentication: null,
    reply_to: [],
    to: [{ email: 'ann@x.test', name: 'Ann' }],
    cc: [{ email: 'bob@x.test', name: 'Bob' }],
    bcc: [],
    to_email: null,
    sending_email: null,
    subject: 'Re: A question',
    text: 'It comes tomorrow.',
    html: null,
    has_quote: false,
    remote_images: 0,
    images_allowed: false,
    own_colours: false,
    cut: [],
    inbound_email_id: null,
    message_id: expect.stringMatching(/^<[0-9a-f]{32}@postroom\.test>$/),
    in_reply_to: `<${id}@x.test>`,
    references: [`<${id}@x.test>`],
    auto_reply: false,
    list_mail: false,
    spam: false,
    author_id: 'max',
    sent_at: null,
    send_at: null,
    due_at: expect.any(String),
    reason: null,
    state_at: body.created_at,
    created_at: expect.any(String),
    deliveries: [],
    thread_change: null,
    cancel_on_reply: false,
    edited_at: null,
    mentions: [],
    attachments: [],
  });
  expect(Date.parse(body.due_at) - Date.parse(body.created_at)).toBe(10_000);
  expect(world.asked.start).toContainEqual({ id: body.id, run: 1 });
  const { outbound, people } = await row(body.id);
  expect(outbound).toMatchObject({ run: 1, wants_start: true, is_open: true, attempt: 0 });
  expect(people).toEqual(['ann@x.test', 'bob@x.test']);
  const message = await answerOf(world.get(`/tickets/${id}/messages/${body.id}`, world.tokens.dana));
  expect(message).toEqual({ status: 200, body });
  const list = await answerOf(world.get(`/tickets/${id}/messages`, world.tokens.dana));
  expect(list.body.data[1]).toEqual(body);
});

describe('recipients', () => {
  test('are those of the given lists, in any form of an address, each person once', async () => {
    const { body } = await reply(await askedTicket(world), {
      to: ['Zoë Ünï <zoe@BÜCHER.test>', '"Lee, \\"Kim\\"" <kim@x.test>', 'kim@X.test'],
      cc: [],
      bcc: ['hidden@x.test', 'zoe@xn--bcher-kva.test'],
      subject: 'Mehr Öl\t日本',
      text: 'x',
    });
    expect(body).toMatchObject({
      to: [
        { email: 'zoe@BÜCHER.test', name: 'Zoë Ünï' },
        { email: 'kim@x.test', name: 'Lee, "Kim"' },
      ],
      cc: [],
      bcc: [{ email: 'hidden@x.test', name: '' }],
      subject: 'Mehr Öl\t日本',
    });
    const { people } = await row(body.id);
    expect(people).toEqual(['zoe@xn--bcher-kva.test', 'kim@x.test', 'hidden@x.test']);
  });

  test('may be an empty list, but there must be at least one', async () => {
    const id = await askedTicket(world);
    expect(emailsOf((await reply(id, { to: [], text: 'x' })).body.cc)).toEqual(['bob@x.test']);
    expect((await reply(id, { to: [], cc: [], bcc: ['z@x.test'], text: 'x' })).status).toBe(202);
    expect(await faultsOf(reply(id, { to: [], cc: [], text: 'x' }))).toEqual([422, 'to']);
  });

  test('are at most a thousand', async () => {
    const id = await askedTicket(world);
    const many = (n: number, of: string) => Array.from({ length: n }, (_, i) => `${of}${i}@x.test`);
    const body = { to: many(600, 'a'), cc: many(400, 'b'), bcc: [], text: 'x' };
    expect((await reply(id, body)).status).toBe(202);
    expect(await faultsOf(reply(id, { ...body, bcc: ['z@x.test'] }))).toEqual([422, 'to']);
    expect(await faultsOf(reply(id, { to: many(1001, 'a'), text: 'x' }))).toEqual([422, 'to']);
  });

  test('are shown beforehand by reply-defaults', async () => {
    const id = await askedTicket(world);
    const defaults = await answerOf(world.get(`/tickets/${id}/reply-defaults`, world.tokens.max));
    expect(defaults).toEqual({
      status: 200,
      body: {
        message_id: expect.any(String),
        sending_email: 'support@acme.test',
        from: { email: 'support@acme.test', name: 'Support' },
        reply_to: [],
        to: [{ email: 'ann@x.test', name: 'Ann' }],
        cc: [{ email: 'bob@x.test', name: 'Bob' }],
        subject: 'Re: A question',
        reason: null,
        elsewhere: false,
        choices: [],
        form_sender: null,
      },
    });
  });

  test('say whom the mail asks to answer, and an owner may list its form service', async () => {
    const forms = { email: 'noreply@forms.test', name: 'Forms' };
    const visitor = { email: 'visitor@web.test', name: '' };
    const id = await askedTicket(world, {
      workspace_email_id: 'support@acme.test',
      from: forms,
      sender: forms,
      reply_to: [visitor, { email: 'billing@acme.test', name: '' }],
      authentication: { spf: 'pass', dkim: 'unknown', dmarc: 'pass', verdict: 'pass' },
    });
    const { tokens } = world;
    const defaults = async () =>
      (await answerOf(world.get(`/tickets/${id}/reply-defaults`, tokens.max))).body;
    const shown = async () => (await answerOf(world.get(`/tickets/${id}/messages`, tokens.max))).body.data[0];
    const form_sender = { workspace_email_id: 'support@acme.test', domain: 'forms.test' };
    expect(await defaults()).toMatchObject({
      to: [forms],
      elsewhere: false,
      choices: [visitor],
      form_sender,
    });
    expect(await shown()).toMatchObject({
      authentication: { spf: 'pass', dkim: 'unknown', dmarc: 'pass', verdict: 'pass' },
      answers_to: [forms],
      answers_elsewhere: false,
      reply_choices: [visitor],
      form_sender,
    });

    const path = '/emails/support@acme.test';
    const added = await answerOf(
      world.patch(path, tokens.olga, { form_senders: ['Forms.test', 'forms.test'] }),
    );
    expect(added.body).toMatchObject({ form_senders: ['forms.test'] });
    expect(await defaults()).toMatchObject({
      to: [visitor],
      elsewhere: true,
      choices: [],
      form_sender: null,
    });
    expect(await shown()).toMatchObject({
      answers_to: [visitor],
      answers_elsewhere: true,
      reply_choices: [],
    });
    for (const wrong of ['co.uk', 'noreply@forms.test', ''])
      expect(await faultsOf(answerOf(world.patch(path, tokens.olga, { form_senders: [wrong] })))).toEqual([
        422,
        'form_senders.0',
      ]);
    const emptied = await answerOf(world.patch(path, tokens.olga, { form_senders: [] }));
    expect([emptied.status, (await defaults()).to]).toEqual([200, [forms]]);
  });
});

describe('a wrong field is 422 with its name, and nothing is saved', () => {
  const faults: [object, ...fields: string[]][] = [
    [{}, 'text'],
    [{ text: ' ', html: null }, 'text'],
    [{ text: 1 }, 'text'],
    [{ text: 'x', nothing: [] }, 'nothing'],
    [{ text: 'x', to: { email: 'a@x.test' } }, 'to'],
    [{ text: 'x', to: ['a@x.test', 'b'] }, 'to.1'],
    [{ text: 'x', to: ['a@x.test, b@x.test'] }, 'to.0'],
    [{ text: 'x', cc: ['A <a@x.test>, B <b@x.test>'] }, 'cc.0'],
    [{ text: 'x', bcc: [null] }, 'bcc.0'],
    [{ text: 'x', bcc: ['<>'] }, 'bcc.0'],
    [{ text: 'x', subject: 'x'.repeat(1001) }, 'subject'],
    [{ text: 'x'.repeat(2 * 1024 * 1024 + 1) }, 'text'],
    [{ text: 'x', attachments: 'a' }, 'attachments'],
    [{ text: 'x', attachments: ['a', 'a'] }, 'attachments'],
    [{ text: 'x', attachments: ['nothing'] }, 'attachments.0'],
    [{ text: 'x', send_at: 'tomorrow' }, 'send_at'],
    [{ text: 'x', send_at: '2026-11-01T10:00:00' }, 'send_at'],
    [{ text: 'x', send_at: '2001-01-01T00:00:00Z' }, 'send_at'],
    [{ text: 'x', send_at: '2999-01-01T00:00:00Z' }, 'send_at'],
    [{ text: 'x', undo_seconds: -1 }, 'undo_seconds'],
    [{ text: 'x', undo_seconds: 1.5 }, 'undo_seconds'],
    [{ text: 'x', undo_seconds: 100_000 }, 'undo_seconds'],
    [{ text: 'x', sending_email: 'nobody@acme.test' }, 'sending_email'],
    [{ text: 'x', note: 'yes' }, 'note'],
    [
      { text: 'x', note: true, to: ['a@x.test'], subject: 'x', undo_seconds: 1 },
      'to',
      'subject',
      'undo_seconds',
    ],
    [{ html: '<div>'.repeat(600) + 'deep' }, 'html'],
    [{ html: '<script>x</script>' }, 'html'],
  ];
  const injections = ['\r', '\n', '\0', '\r\nBcc: victim@x.test', '\u0085'].flatMap((bad): typeof faults => [
    [{ text: 'x', subject: `Hello${bad}` }, 'subject'],
    [{ text: 'x', to: [`Ann${bad} <a@x.test>`] }, 'to.0'],
    [{ text: 'x', cc: [`a@x.test${bad}`] }, 'cc.0'],
    [{ text: 'x', bcc: [`a${bad}@x.test`] }, 'bcc.0'],
    [{ text: 'x', sending_email: `support@acme.test${bad}` }, 'sending_email'],
  ]);

  const all = [...faults, ...injections, [{ text: 'a\0b' }, 'text'], [{ html: '<p>\0' }, 'html']];
  test.each(all.map(([body, ...fields]) => [JSON.stringify(body).slice(0, 80), body, ...fields] as const))(
    '%s',
    async (_, body, ...fields) => {
      const id = await askedTicket(world);
      expect(await faultsOf(reply(id, body as object))).toEqual([422, ...fields]);
      expect(await world.models.Message.countDocuments({ thread_id: id })).toBe(1);
    },
  );
});

describe('the body', () => {
  const post = async (body: string | Uint8Array, headers: Record<string, string>) => {
    const id = await askedTicket(world);
    const answer = await fetch(`${world.url}/api/v1/workspaces/acme/tickets/${id}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.tokens.max}`, ...headers },
      body,
    });
    const { detail } = (await answer.json()) as { detail: string };
    return [answer.status, answer.headers.get('content-type'), typeof detail];
  };
  const json = { 'content-type': 'application/json' };
  const DEEP = `{"text":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  test.each<[number, string, string, Record<string, string>]>([
    [400, 'no JSON', '{"text":', json],
    [400, 'a prototype', '{"text":"x","__proto__":{"note":true}}', json],
    [400, 'a string', '"text"', json],
    [422, 'a list', '[]', json],
    [422, 'a list of many', `[${'{},'.repeat(1_000_000)}{}]`, json],
    [400, 'nested 20,000 deep', DEEP, json],
    [400, 'nested 20,000 deep, with a key', DEEP, { ...json, 'idempotency-key': 'deep' }],
    [415, 'a form', 'text=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    [415, 'of no type', 'x', { 'content-type': '' }],
    [413, 'over 6 MB', JSON.stringify({ text: 'x'.repeat(6 * 1024 * 1024) }), json],
    [415, 'compressed oddly', '{}', { ...json, 'content-encoding': 'rot13' }],
  ])('is answered %d: %s', async (status, _, body, headers) => {
    expect(await post(body, headers)).toEqual([status, 'application/problem+json', 'string']);
  });
});

describe('the sending email', () => {
  const chosen = async (sending_email: string, token = world.tokens.dana) =>
    reply(await askedTicket(world), { text: 'x', sending_email }, token);

  test('is one that the agent chooses and may use', async () => {
    for (const address of ['billing@acme.test', 'Hello <HELLO@acme.test>', 'dana@acme.test']) {
      const { status, body } = await chosen(address);
      expect([status, body.sending_email]).toEqual([202, /\w+@acme.test/i.exec(address)![0].toLowerCase()]);
    }
  });

  test('of another user or workspace, or one that is switched off or not set up, is 422 with the reason', async () => {
    const { models } = world;
    await rows.workspaceEmail(models, { address: 'f@other.test', workspace_id: 'other', proved_at: T0 });
    await rows.workspaceEmail(models, { address: 'off@acme.test', active: false, proved_at: T0 });
    await rows.workspaceEmail(models, { address: 'new@acme.test', can_send: false, proved_at: T0 });
    for (const address of ['max@acme.test', 'f@other.test', 'off@acme.test', 'new@acme.test']) {
      const { status, body } = await chosen(address);
      expect([address, status, body.errors?.[0]?.field]).toEqual([address, 422, 'sending_email']);
    }
    expect((await chosen('off@acme.test')).body.detail).toContain('it is switched off');
  });

  test('may be missing: the reply is saved, and its run reports the reason', async () => {
    await using away = await createWorld();
    const id = await askedTicket(away);
    const answer = await answerOf(away.post(`/tickets/${id}/messages`, away.tokens.max, { text: 'x' }));
    expect([answer.status, answer.body.state]).toEqual([202, 'queued']);
    const { body } = await answerOf(away.get(`/tickets/${id}/reply-defaults`, away.tokens.max));
    expect(body).toMatchObject({
      sending_email: null,
      from: null,
      reason: 'no address of the workspace can send this; ask an owner to set one up for sending',
    });
  });
});

test('HTML is sanitised, and gives the text where there is none', async () => {
  const html = '<p onclick="x()">Hi <b>Ann</b></p><script>x</script>';
  const { body } = await reply(await askedTicket(world), { html });
  expect([body.html, body.text]).toEqual(['<p>Hi <b>Ann</b></p>', 'Hi Ann']);
  const both = await reply(await askedTicket(world), { html, text: 'Hello Ann\r\nBye' });
  expect([both.body.html, both.body.text]).toEqual(['<p>Hi <b>Ann</b></p>', 'Hello Ann\r\nBye']);
});

test('a mail that is larger than 25 MB when composed is 422 with both numbers', async () => {
  const upload = (size: number) => storedFile(world, 'x', { message_id: '', audience: 'owner:max', size });
  const small = await upload(18 * 1024 * 1024);
  expect((await reply(await askedTicket(world), { text: 'x', attachments: [small] })).status).toBe(202);
  const { status, body } = await reply(await askedTicket(world), {
    text: 'x',
    attachments: [await upload(10 * 1024 * 1024), await upload(9 * 1024 * 1024)],
  });
  expect([status, body.errors?.[0]?.field]).toEqual([422, 'attachments']);
  expect(body.detail).toMatch(/ 27\d{6} bytes, but at most 26214400 /);
});

describe('the time of sending', () => {
  test('is the given time, now, or after the delay of the workspace', async () => {
    const id = await askedTicket(world);
    const send_at = new Date(Date.now() + 3_600_000).toISOString();
    const later = await reply(id, { text: 'x', send_at, undo_seconds: 5 });
    expect(later.body).toMatchObject({ state: 'scheduled', send_at, due_at: send_at });
    const atOnce = (await reply(id, { text: 'x', undo_seconds: 0, send_at: null })).body;
    expect([atOnce.state, atOnce.due_at]).toEqual(['queued', atOnce.created_at]);
    await world.models.Workspace.updateOne({ _id: 'acme' }, { undo_seconds: 30 });
    const paused = (await reply(id, { text: 'x' })).body;
    await world.models.Workspace.updateOne({ _id: 'acme' }, { undo_seconds: 10 });
    expect(Date.parse(paused.due_at) - Date.parse(paused.created_at)).toBe(30_000);
  });

  test('may have an offset from UTC', async () => {
    const at = new Date(Date.now() + 86_400_000);
    const local = `${new Date(at.getTime() + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`;
    const { body } = await reply(await askedTicket(world), { text: 'x', send_at: local });
    expect(body.send_at).toBe(at.toISOString());
  });
});

describe('the thread', () => {
  const threadOf = (id: string) => world.models.Ticket.findById(id).orFail().lean<ThreadRow>();

  test('is reopened by a reply but not by a note; both become its newest message', async () => {
    const id = await askedTicket(world);
    const closed_at = new Date(T0.getTime() + 1);
    await world.models.Ticket.updateOne({ _id: id }, { status: 'closed', closed_at });
    const note = await reply(id, { text: 'Call her.', note: true });
    expect(note.status).toBe(202);
    expect(await threadOf(id)).toMatchObject({
      status: 'closed',
      last_message_at: new Date(note.body.created_at),
    });
    const sent = await reply(id, { text: 'x' });
    expect(await threadOf(id)).toMatchObject({
      status: 'open',
      last_message_at: new Date(sent.body.created_at),
    });
  });

  test('has notes, which are not sent', async () => {
    const id = await askedTicket(world);
    const file = await storedFile(world, 'x', { message_id: '', audience: 'owner:max' });
    const started = world.asked.start.length;
    const { body } = await reply(id, { html: '<p>Call her.</p>', note: true, attachments: [file] });
    expect(body).toMatchObject({
      direction: 'note',
      state: 'saved',
      from: null,
      to: [],
      text: 'Call her.',
      message_id: null,
      author_id: 'max',
      attachments: [{ id: file }],
    });
    expect(body).not.toHaveProperty('deliveries');
    expect((await row(body.id)).people).toEqual([]);
    expect(world.asked.start.length).toBe(started);
  });
});

describe('access', () => {
  test('only the owner of a personal conversation can answer it', async () => {
    const { models, tokens } = world;
    const { _id } = await rows.conversation(models, {
      audience: 'owner:dana',
      owner_id: 'dana',
      workspace_email_id: 'dana@acme.test',
    });
    const path = `/conversations/${_id}/messages`;
    const body = { text: 'x', to: ['a@x.test'] };
    for (const token of [tokens.olga, tokens.max, tokens.stranger])
      expect((await world.post(path, token, body)).status).toBe(404);
    expect((await world.post(path, undefined, body)).status).toBe(401);
    const sent = await answerOf(world.post(path, tokens.dana, body));
    expect(sent.status).toBe(202);
    expect((await row(sent.body.id)).audience).toBe('owner:dana');
    for (const [method, below] of [
      ['get', ''],
      ['delete', ''],
      ['post', '/retry'],
    ] as const)
      expect((await world[method](`${path}/${sent.body.id}${below}`, tokens.olga)).status).toBe(404);
    expect((await world.get(`/conversations/${_id}/reply-defaults`, tokens.max)).status).toBe(404);
    // Only with one of their own addresses.
    const shared = answerOf(world.post(path, tokens.dana, { ...body, sending_email: 'hello@acme.test' }));
    expect(await faultsOf(shared)).toEqual([422, 'sending_email']);
  });

  test('a thread or message of another kind, workspace or thread is 404', async () => {
    const [id, other] = [await askedTicket(world), await askedTicket(world)];
    const { body } = await reply(id, { text: 'x' });
    for (const path of [`/conversations/${id}`, `/tickets/${other}`, '/tickets/none'])
      expect((await world.get(`${path}/messages/${body.id}`, world.tokens.max)).status).toBe(404);
    expect((await world.post(`/conversations/${id}/messages`, world.tokens.max, { text: 'x' })).status).toBe(
      404,
    );
    const foreign = await fetch(`${world.url}/api/v1/workspaces/other/tickets/${id}/messages/${body.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${world.tokens.stranger}` },
    });
    expect(foreign.status).toBe(404);
    expect((await row(body.id)).state).toBe('queued');
  });
});
