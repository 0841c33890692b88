import { verifiedRow } from '../core/domains/rows.ts';
import {
  addSent,
  newHouse,
  STRANGER_WORKSPACE,
  takeThrough,
  type House,
  type Mail,
} from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const audiences = (received: { messages: { audience: string }[] }) =>
  received.messages.map((m) => m.audience);

describe('purpose', () => {
  test('ticket -> a numbered ticket', async () => {
    const first = await house.receive({ to: ['support@acme.test'] });
    const second = await house.receive({ to: ['billing@acme.test'], from: 'bob@client.test' });
    const tickets = await house.models.Ticket.find().sort({ number: 1 }).lean();
    expect(tickets.map((t) => [t._id, t.number, t.status])).toEqual([
      [first.row.ticket_id, 1, 'open'],
      [second.row.ticket_id, 2, 'open'],
    ]);
    expect(first.row.state).toBe('routed');
    expect(first.messages[0]?.to_email).toBe('support@acme.test');
  });

  test('inbox -> a shared conversation', async () => {
    const { row } = await house.receive({ to: ['hello@acme.test'] });
    const conversation = await house.models.Conversation.findById(row.conversation_id).orFail().lean();
    expect(conversation).toMatchObject({ owner_id: null, agent_id: null, audience: 'shared' });
  });

  test('inbox with a user -> a personal conversation whose owner is its agent', async () => {
    const { row } = await house.receive({ to: ['dana@acme.test'] });
    const conversation = await house.models.Conversation.findById(row.conversation_id).orFail().lean();
    expect(conversation).toMatchObject({ owner_id: 'dana', agent_id: 'dana', audience: 'owner:dana' });
  });
});

describe('the recipient', () => {
  test('an address with a plus-tag is looked up with its tag first, then without', async () => {
    const tagged = await house.addEmail('support+vip@acme.test', { purpose: 'inbox' });
    const exact = await house.receive({ recipient: 'support+vip@acme.test' });
    const other = await house.receive({ recipient: 'Support+Else@ACME.test' });
    expect(exact.messages[0]?.to_email).toBe(tagged.address);
    expect(other.messages[0]?.to_email).toBe('support@acme.test');
  });

  test('an unknown recipient is skipped and creates nothing', async () => {
    const { row } = await house.receive({ recipient: 'nobody@acme.test' });
    expect(row).toMatchObject({ state: 'skipped', reason: 'unknown recipient', workspace_id: null });
    expect(await house.models.Contact.countDocuments()).toBe(0);
    expect(await house.models.Ticket.countDocuments()).toBe(0);
  });

  test('forwarding: To decides among all receivable workspace emails, one message an audience', async () => {
    const received = await house.receive({
      recipient: house.forwarding,
      to: ['x@else.test', 'Billing@Acme.test', 'hello@acme.test', 'support@acme.test'],
      cc: ['dana@acme.test'],
      headers: [['Delivered-To', 'dana@acme.test']],
    });
    expect(audiences(received)).toEqual(['tickets', 'shared', 'owner:dana']);
    expect(received.messages.map((m) => m.to_email)).toEqual([
      'billing@acme.test',
      'hello@acme.test',
      'dana@acme.test',
    ]);
  });

  test('forwarding: trace headers decide when To and Cc name no address of the workspace', async () => {
    const received = await house.receive({
      recipient: house.forwarding,
      to: ['undisclosed@else.test'],
      headers: [
        ['X-Forwarded-To', house.forwarding],
        ['Delivered-To', 'hello@acme.test'],
      ],
    });
    expect(audiences(received)).toEqual(['shared']);
  });

  test('forwarding: the parent decides when nothing names an address of the workspace', async () => {
    const received = await house.receive({ recipient: house.forwarding, to: ['list@else.test'] });
    expect(received.messages.map((m) => m.to_email)).toEqual(['support@acme.test']);
  });

  test('forwarding: an address of another workspace does not count', async () => {
    await house.addEmail('orders@other.test', { workspace_id: STRANGER_WORKSPACE, purpose: 'inbox' });
    const received = await house.receive({ recipient: house.forwarding, to: ['orders@other.test'] });
    expect(received.messages.map((m) => [m.to_email, m.workspace_id])).toEqual([['support@acme.test', 'w1']]);
  });

  describe('behind a forwarding address that is not their own, a personal or team address', () => {
    const through = (mail: Mail) => house.receive({ recipient: house.forwarding, ...mail });

    test('gets no copy that is not traced to it: it is held for it, and never goes to the parent', async () => {
      await house.addEmail('sales@acme.test', { purpose: 'inbox', team_id: 'sales' });
      for (const [to, audience] of [
        ['dana@acme.test', 'owner:dana'],
        ['Dana+x@acme.test', 'owner:dana'],
        ['sales@acme.test', 'team:sales'],
      ] as const) {
        const { row } = await through({ to: [to] });
        expect(row).toMatchObject({
          state: 'held',
          reason: 'untraced copy',
          audiences: [audience],
          held_for: [],
          message_ids: [],
        });
      }
      expect(await house.models.Message.countDocuments()).toBe(0);
    });

    test('gets none beside the others that are named', async () => {
      const { row, messages } = await through({ to: ['support@acme.test'], cc: ['dana@acme.test'] });
      expect(messages.map(({ audience }) => audience)).toEqual(['tickets']);
      expect(row.audiences).toEqual(['tickets']);
    });

    test('gets a copy that is traced to it, or comes by its own forwarding address', async () => {
      const traced = await through({
        to: ['dana@acme.test'],
        headers: [['X-Original-To', 'dana@acme.test']],
      });
      expect(audiences(traced)).toEqual(['owner:dana']);
      const address = 'fwd-dana@postroom.test';
      const row = { workspace_id: 'w1', workspace_email_id: house.emails.dana._id, created_at: new Date() };
      await house.models.ForwardingAddress.create({ _id: 'fwd-dana', address, ...row });
      const second = await house.addEmail('d@acme.test', { purpose: 'inbox', user_id: 'dana' });
      for (const to of ['dana@acme.test', second.address, 'list@else.test'])
        expect(audiences(await house.receive({ recipient: address, to: [to] }))).toEqual(['owner:dana']);
      const other = await house.receive({ recipient: address, to: ['erik@acme.test'] });
      expect(other.row).toMatchObject({ state: 'held', audiences: ['owner:erik'] });
    });

    test('gets a held copy when its user accepts it', async () => {
      const { row } = await through({ to: ['dana@acme.test', 'erik@acme.test'] });
      await house.models.InboundEmail.updateOne(
        { _id: row._id },
        { $set: { state: 'received', released_for: ['owner:dana'] } },
      );
      const again = await takeThrough(house.models, house.steps, row);
      expect(audiences(again)).toEqual(['owner:dana']);
      expect(again.row.audiences).toEqual(['owner:dana']);
    });
  });

  test('mail that names only an unproved address is held', async () => {
    await house.addEmail('new@acme.test', { proved_at: null, can_receive: false });
    const { row } = await house.receive({ recipient: house.forwarding, to: ['new@acme.test'] });
    expect(row).toMatchObject({ state: 'held', reason: 'unproved address', message_ids: [] });
  });

  test.each([
    ['inactive', { active: false }, 'inactive address'],
    ['switched off', { can_receive: false }, 'address does not receive'],
    ['deleted', { can_receive: false, deleted_at: new Date() }, 'deleted address'],
  ])(
    'mail that names only an address that is %s is skipped, and does not follow its parent',
    async (_name, change, reason) => {
      await house.addEmail('old@acme.test', change);
      const { row } = await house.receive({ recipient: house.forwarding, to: ['old@acme.test'] });
      expect(row).toMatchObject({ state: 'skipped', reason });
    },
  );

  describe('at a domain that is proved to be another workspace’s', () => {
    const THEIRS = { workspace_id: STRANGER_WORKSPACE };
    beforeEach(() => house.models.Domain.create(verifiedRow({ ...THEIRS, name: 'other.test' })));

    test.each([
      ['that is not proved', { proved_at: null, can_receive: false }],
      ['that was deleted', { can_receive: false, deleted_at: new Date() }],
    ])('mail to an address %s in this workspace is not for it', async (_name, change) => {
      await house.addEmail('ceo@other.test', { kind: 'forwarding', ...change });
      const { row } = await house.receive({ recipient: 'ceo@other.test' });
      expect(row).toMatchObject({ state: 'skipped', reason: 'unknown recipient', workspace_id: null });
    });

    test('mail is for the owner of the domain: by its own address, even if inactive, or by its catch-all', async () => {
      const unproved = { kind: 'forwarding', proved_at: null, can_receive: false } as const;
      const off = await house.addEmail('old@other.test', { ...THEIRS, can_receive: false });
      for (const name of ['old', 'ceo']) await house.addEmail(`${name}@other.test`, unproved);
      const all = await house.addEmail('all@other.test', THEIRS);
      await house.models.Domain.updateOne({ name: 'other.test' }, { catch_all_id: all._id });
      const skipped = await house.receive({ recipient: off.address });
      expect(skipped.row).toMatchObject({ ...THEIRS, reason: 'address does not receive' });
      const caught = await house.receive({ recipient: 'ceo@other.test' });
      expect(caught.messages).toMatchObject([{ ...THEIRS, to_email: all.address }]);
    });

    test('an address that this workspace has proved continues to receive', async () => {
      await house.addEmail('team@other.test', { kind: 'forwarding' });
      const { messages } = await house.receive({ recipient: 'team@other.test' });
      expect(messages).toMatchObject([{ workspace_id: 'w1' }]);
    });
  });

  test('an answer to one of our messages joins its thread, even if the address has changed or was deleted', async () => {
    await house.addEmail('old@acme.test', { active: false });
    const first = await house.receive({ to: ['support@acme.test'] });
    await addSent(house.models, first.messages[0]!, '<ours-1@acme.test>', 'old@acme.test');
    const answer = await house.receive({
      recipient: house.forwarding,
      to: ['old@acme.test'],
      in_reply_to: ['<ours-1@acme.test>'],
    });
    expect(answer.threads).toEqual(first.threads);
    const notOurs = await house.receive({
      recipient: house.forwarding,
      to: ['old@acme.test'],
      in_reply_to: [first.row.mail?.message_id as string],
    });
    expect(notOurs.row.state).toBe('skipped');
  });

  test('a direct mail to an inactive address is skipped', async () => {
    await house.addEmail('old@acme.test', { active: false });
    const { row } = await house.receive({ recipient: 'old@acme.test' });
    expect(row).toMatchObject({ state: 'skipped', reason: 'inactive address' });
  });

  test('Bcc copies by trace: every audience to which a copy is traced gets the mail, in either order', async () => {
    for (const order of [
      ['support@acme.test', 'hello@acme.test'],
      ['hello@acme.test', 'support@acme.test'],
    ]) {
      const message_id = `<bcc-${order.join('-')}>`;
      const copies = [];
      for (const traced of order) {
        copies.push(
          await house.receive({
            recipient: house.forwarding,
            to: ['support@acme.test'],
            message_id,
            headers: [['Delivered-To', traced]],
          }),
        );
      }
      const messages = await house.models.Message.find({ message_id }).lean();
      expect(messages.map((m) => m.audience).sort()).toEqual(['shared', 'tickets']);
    }
  });
});

describe('the sender', () => {
  test('a contact form that writes as us: the contact is its Reply-To, marked', async () => {
    const { row, messages } = await house.receive({
      from: 'support@acme.test',
      reply_to: ['visitor@client.test'],
      to: ['support@acme.test'],
    });
    expect(row.sender).toMatchObject({ email: 'visitor@client.test', proved: false });
    expect(messages[0]?.sender_known).toBe(false);
    const contact = await house.models.Contact.findById(messages[0]?.contact_id).orFail().lean();
    expect(contact.email).toBe('visitor@client.test');
  });

  test('a colleague who writes from one of our addresses is not skipped', async () => {
    const { row } = await house.receive({ from: 'hello@acme.test', to: ['support@acme.test'] });
    expect(row.state).toBe('routed');
  });

  test('our own mail that comes back is skipped, in its own audience only', async () => {
    const first = await house.receive({ to: ['support@acme.test'] });
    await addSent(house.models, first.messages[0]!, '<ours@acme.test>', 'support@acme.test');
    const back = await house.receive({ from: 'support@acme.test', message_id: '<ours@acme.test>' });
    expect(back.row).toMatchObject({ state: 'skipped', reason: 'own mail' });
    const toShared = await house.receive({ to: ['hello@acme.test'], message_id: '<ours@acme.test>' });
    expect(toShared.row.state).toBe('routed');
  });
});

describe('closed threads', () => {
  test('a reply to a closed ticket opens it again; an auto-reply does not', async () => {
    const first = await house.receive({});
    const close = () =>
      house.models.Ticket.updateOne(
        { _id: first.row.ticket_id },
        { $set: { status: 'closed', closed_at: new Date(Date.now() - 1000) } },
      );
    const status = async () =>
      (await house.models.Ticket.findById(first.row.ticket_id).orFail().lean()).status;
    const answer = { in_reply_to: [first.row.mail?.message_id as string] };
    await close();
    await house.receive({ ...answer, headers: [['Auto-Submitted', 'auto-replied']] });
    expect(await status()).toBe('closed');
    await house.receive(answer);
    expect(await status()).toBe('open');
    await close();
    await house.receive({ ...answer, received_at: new Date(Date.now() - 60_000) });
    expect(await status()).toBe('closed');
  });
});
