import { replyDefaults } from '../../src/core/replies/defaults.ts';
import { mergeThreads } from '../../src/core/threads/mergeThreads.ts';
import { moveMessageInto, moveMessageOut } from '../../src/core/threads/moveOut.ts';
import { takesPart } from '../../src/core/threads/people.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { addSent, newHouse, VERDICTS, WORKSPACE, type House, type Mail } from '../support/house.ts';

/** Attacks on the default recipients of a reply, and the mail that must go on working. */
let house: House;
let ticket: string;
let anchor: string;
beforeEach(async () => {
  house = await newHouse();
  const first = await house.receive({ from: 'ann@client.test', verdicts: VERDICTS.pass, ...at(0) });
  ticket = first.threads[0]!;
  anchor = first.row.mail!.message_id!;
});
afterEach(() => house.close());

const at = (minute: number) => ({ received_at: new Date(Date.UTC(2026, 10, 23, 10, minute)) });
const answer = (mail: Mail) => house.receive({ in_reply_to: [anchor], ...at(5), ...mail });
const rowOf = (id: string) => house.models.Ticket.findById(id).orFail().lean<ThreadRow>();

/** To and Cc of a reply to all. */
async function defaults(id = ticket) {
  const { to, cc, choices, elsewhere, formSender } = await replyDefaults(house.models, await rowOf(id));
  const emails = (people: { email: string }[]) => people.map(({ email }) => email);
  return { to: emails(to), cc: emails(cc), choices: emails(choices), elsewhere, formSender };
}
const ANN = { to: ['ann@client.test'], cc: [] };

/** Writes as Ann, and wants the answer, and later mail, for itself. */
const forged: Mail = {
  from: 'ann@client.test',
  reply_to: ['eve@client.test', 'eve@evil.test'],
  cc: ['eve@evil.test'],
  to: ['support@acme.test', 'friend@evil.test'],
  text: 'Please send the money to my new account, thank you.',
};
const headers = (...pairs: [string, string][]) => ({ headers: pairs });
const UNKNOWN = VERDICTS.none;

describe('a forged answer is in the thread, and changes no default', () => {
  test.each<[string, Mail]>([
    ['SPF Fail, unsigned', { ...forged, verdicts: VERDICTS.fail }],
    ['DKIM Fail alone', { ...forged, verdicts: { ...UNKNOWN, dkim: 'fail' } }],
    [
      'SPF Fail, and a good signature of the forger',
      {
        ...forged,
        ...headers(['DKIM-Signature', 'd=evil.test; b=x']),
        verdicts: { ...UNKNOWN, spf: 'fail', dkim: 'pass' },
      },
    ],
    [
      'SPF pass of the forger’s own envelope',
      { ...forged, envelope_from: 'x@evil.test', verdicts: VERDICTS.pass },
    ],
    [
      'a good signature of the forger',
      {
        ...forged,
        ...headers(['DKIM-Signature', 'd=evil.test; b=x'], ['DKIM-Signature', 'd=client.test; b=bad']),
        verdicts: { ...UNKNOWN, dkim: 'pass' },
      },
    ],
    ['no verdicts', forged],
    [
      'From ours, with X-Original-From',
      {
        ...forged,
        from: 'support@acme.test',
        ...headers(['X-Original-From', 'Ann <ann@client.test>']),
      },
    ],
    [
      'From the forger’s own list, proved, with X-Original-From',
      {
        ...forged,
        from: 'list@evil.test',
        verdicts: VERDICTS.pass,
        ...headers(['List-Post', '<mailto:list@evil.test>'], ['X-Original-From', 'Ann <ann@client.test>']),
      },
    ],
    ['From ours, with Reply-To', { ...forged, from: 'support@acme.test', reply_to: ['eve@evil.test'] }],
    ['the forger’s own proved address', { ...forged, from: 'eve@evil.test', verdicts: VERDICTS.pass }],
  ])('%s', async (_name, mail) => {
    const received = await answer(mail);
    expect(received.threads).toEqual([ticket]);
    expect(await defaults()).toMatchObject(ANN);
    for (const address of ['eve@evil.test', 'eve@client.test', 'friend@evil.test'])
      expect(await takesPart(house.models, WORKSPACE, { thread_id: ticket }, address)).toBe(false);
    const next = await answer({ from: 'eve@evil.test', verdicts: VERDICTS.pass, ...at(6) });
    expect(next.messages[0]).toMatchObject({ sender_known: false, sender_reason: 'stranger' });
    expect(await defaults()).toMatchObject(ANN);
  });

  test('a proved answer brings in whom it names, and its Reply-To where it is of its own domain', async () => {
    await answer({ reply_to: ['orders@client.test'], cc: ['bob@other.test'], verdicts: VERDICTS.pass });
    expect(await defaults()).toMatchObject({
      to: ['orders@client.test'],
      cc: ['bob@other.test'],
      elsewhere: true,
    });
    const bob = await answer({ from: 'bob@other.test', ...at(6) });
    expect(bob.messages[0]).toMatchObject({ sender_known: true });
    expect(await defaults()).toMatchObject({ to: ['bob@other.test'], cc: [], elsewhere: false });
  });

  test('a failed mail of somebody who takes part is marked, as one that may be forged', async () => {
    const { messages } = await answer({ from: 'ann@client.test', verdicts: VERDICTS.fail });
    expect(messages[0]).toMatchObject({ sender_known: false, sender_reason: 'unproved' });
  });
});

describe('a mail that opens a ticket', () => {
  test.each(['pass', 'none', 'fail'] as const)('is answered to its From and its Cc: %s', async (verdict) => {
    const { threads } = await house.receive({
      from: 'bob@web.test',
      cc: ['kim@web.test'],
      reply_to: ['eve@evil.test'],
      verdicts: VERDICTS[verdict],
    });
    expect(await defaults(threads[0])).toMatchObject({
      to: ['bob@web.test'],
      cc: ['kim@web.test'],
      choices: ['eve@evil.test'],
      elsewhere: false,
    });
  });

  test.each(['pass', 'none'] as const)(
    'makes nobody known in the ticket that it is merged into: %s',
    async (verdict) => {
      const eve = await house.receive({
        from: 'eve@evil.test',
        cc: ['friend@evil.test'],
        subject: 'Re: A question',
        verdicts: VERDICTS[verdict],
        ...at(7),
      });
      await addSent(house.models, eve.messages[0]!, '<to-eve@acme.test>', 'support@acme.test');
      await mergeThreads(
        house.models,
        WORKSPACE,
        { kind: 'ticket', from: eve.threads[0]!, into: ticket },
        () => undefined,
      );
      const stored = await house.models.Message.findById(eve.messages[0]!._id).lean();
      expect(stored).toMatchObject({
        thread_id: ticket,
        opens: false,
        sender_known: false,
        sender_reason: 'stranger',
      });
      expect(await defaults()).toMatchObject(ANN);
      for (const [minute, from] of [
        [8, 'eve@evil.test'],
        [9, 'friend@evil.test'],
      ] as const) {
        const in_reply_to = [eve.row.mail!.message_id!];
        const later = await house.receive({ from, in_reply_to, verdicts: VERDICTS.pass, ...at(minute) });
        expect(later).toMatchObject({ threads: [ticket], messages: [{ sender_known: false }] });
      }
      expect(await defaults()).toMatchObject(ANN);
    },
  );

  test('the customer’s second ticket stays known when it is merged into the first', async () => {
    const second = await house.receive({ from: 'ann@client.test', cc: ['kim@client.test'], ...at(7) });
    await mergeThreads(
      house.models,
      WORKSPACE,
      { kind: 'ticket', from: second.threads[0]!, into: ticket },
      () => undefined,
    );
    const stored = await house.models.Message.findById(second.messages[0]!._id).lean();
    expect(stored).toMatchObject({ opens: false, sender_known: true });
    expect(await defaults()).toMatchObject(ANN);
  });

  test('a stranger’s message opens a ticket of its own when it is moved out, and is a stranger’s again when it is moved back', async () => {
    const eve = await answer({ from: 'eve@evil.test', cc: ['friend@evil.test'] });
    const { _id } = eve.messages[0]!;
    const own = await moveMessageOut(house.models, 'own', await rowOf(ticket), _id);
    expect(await defaults(own!._id)).toMatchObject({ to: ['eve@evil.test'], cc: ['friend@evil.test'] });
    const next = await house.receive({ from: 'eve@evil.test', in_reply_to: [eve.row.mail!.message_id!] });
    expect(next).toMatchObject({ threads: ['own'], messages: [{ sender_known: true }] });
    const move = { workspace_id: WORKSPACE, from: 'own', into: ticket, messageId: _id };
    const actor = { kind: 'system' } as never;
    await moveMessageInto(house.models, { ...move, actor }, () => undefined);
    expect(await house.models.Message.findById(_id).lean()).toMatchObject({
      opens: false,
      sender_known: false,
    });
    expect(await defaults()).toMatchObject(ANN);
  });
});

describe('a mail of a form service', () => {
  const form: Mail = {
    from: 'noreply@forms.test',
    reply_to: ['visitor@web.test'],
    subject: 'New entry in your form',
    verdicts: VERDICTS.pass,
  };
  const list = (...form_senders: string[]) =>
    house.models.WorkspaceEmail.updateOne({ _id: house.emails.support._id }, { $set: { form_senders } });

  test('the first one shows the visitor as a choice, and offers to add the service; then the visitor is the default', async () => {
    const first = await house.receive(form);
    const id = first.threads[0]!;
    expect(await defaults(id)).toEqual({
      to: ['noreply@forms.test'],
      cc: [],
      choices: ['visitor@web.test'],
      elsewhere: false,
      formSender: { workspace_email_id: house.emails.support._id, domain: 'forms.test' },
    });
    await list('forms.test');
    expect(await defaults(id)).toMatchObject({
      to: ['visitor@web.test'],
      choices: [],
      elsewhere: true,
      formSender: null,
    });
  });

  test('of a listed one the visitor is the contact, is answered, and takes part', async () => {
    await list('other.test', 'forms.test');
    const { row, messages, threads } = await house.receive(form);
    expect(row.sender).toMatchObject({ email: 'visitor@web.test', proved: true });
    expect(messages[0]).toMatchObject({ sender_known: true, from: { email: 'noreply@forms.test' } });
    const contact = await house.models.Contact.findById(messages[0]!.contact_id).lean();
    expect(contact?.email).toBe('visitor@web.test');
    expect(await defaults(threads[0])).toMatchObject({ to: ['visitor@web.test'], elsewhere: true });
    const next = await house.receive({ from: 'visitor@web.test', in_reply_to: [row.mail!.message_id!] });
    expect(next.messages[0]).toMatchObject({ sender_known: true });
  });

  test.each<[string, Mail]>([
    ['not proved', { verdicts: VERDICTS.none }],
    ['failed', { verdicts: VERDICTS.fail }],
    ['for an address that does not list it', { to: ['billing@acme.test'] }],
  ])('%s, it is the service’s', async (_name, change) => {
    await list('forms.test');
    const { row, threads } = await house.receive({ ...form, ...change });
    expect(row.sender).toMatchObject({ email: 'noreply@forms.test' });
    expect(await defaults(threads[0])).toMatchObject({
      to: ['noreply@forms.test'],
      choices: ['visitor@web.test'],
    });
  });

  test('nothing is offered for mail that is not proved, or comes from our own address', async () => {
    const unproved = await house.receive({ ...form, verdicts: VERDICTS.none });
    expect((await defaults(unproved.threads[0])).formSender).toBeNull();
    const own = await house.receive({ ...form, from: 'support@acme.test' });
    expect(await defaults(own.threads[0])).toMatchObject({ to: ['visitor@web.test'], formSender: null });
  });
});

describe('a stranger who fails everything', () => {
  const old = { $set: { status: 'closed', closed_at: at(1).received_at, settled_at: at(1).received_at } };

  test.each(['fail', 'none'] as const)(
    'reopens and restores nothing, other mail does: %s',
    async (verdict) => {
      await house.models.Ticket.updateOne({ _id: ticket }, old);
      await house.models.Ticket.updateOne(
        { _id: ticket },
        {
          $set: {
            deleted_at: at(1).received_at,
            hidden: 'deleted',
            snoozed_until: new Date(Date.now() + 1e9),
          },
        },
      );
      const { threads } = await answer({ from: 'eve@evil.test', verdicts: VERDICTS[verdict] });
      expect(threads).toEqual([ticket]);
      const row = await rowOf(ticket);
      const isDead = verdict === 'fail';
      expect([row.status, row.deleted_at !== undefined, row.snoozed_until !== null]).toEqual(
        isDead ? ['closed', true, true] : ['open', false, false],
      );
    },
  );
});
