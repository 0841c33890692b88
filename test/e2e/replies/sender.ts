import type { WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import {
  customerAnswers,
  inState,
  mailIn,
  opened,
  openedReply,
  outboxOf,
  postReply,
  reply,
} from '../../support/outgoing.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { TOKENS, type Stack } from '../../support/stack.ts';

describe('sender and recipients of replies', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });
  afterEach(() => stack.models.WorkspaceEmail.updateMany({}, { $set: { can_send: true, active: true } }));

  const change = (local: string, to: Partial<WorkspaceEmailRow>) =>
    stack.models.WorkspaceEmail.updateOne({ address: stack.at(local) }, { $set: to });

  interface Defaults {
    from: { email: string; name: string } | null;
    reply_to?: { email: string; name: string }[];
    to: { email: string; name: string }[];
    cc: { email: string; name: string }[];
    subject: string;
  }

  async function defaultsOf(path: string, token: string = TOKENS.owner): Promise<Defaults> {
    const answer = await stack.api(`${path}/reply-defaults`, token);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Defaults;
  }

  /**
   * Replies with the defaults.
   * @returns the sender that the customer sees, and where their answer would go
   */
  async function sentAs(path: string, body: object = {}, token: string = TOKENS.owner) {
    const sent = await reply(stack, path, { text: 'It arrives tomorrow.', ...body }, { token });
    const { postal } = await openedReply(stack, sent.message_id);
    return {
      from: { email: postal.from?.address, name: postal.from?.name },
      replyTo: (postal.replyTo ?? []).map(({ address, name }) => ({ email: address, name })),
      to: (postal.to ?? []).map(({ address, name }) => ({ email: address, name })),
      cc: (postal.cc ?? []).map(({ address, name }) => ({ email: address, name })),
      subject: postal.subject,
    };
  }

  describe('From', () => {
    const us = (local: string) => ({
      email: stack.at(local),
      name: local[0]!.toUpperCase() + local.slice(1),
    });

    test('the ticket’s own address; or the one that the agent chose', async () => {
      const { path } = await mailIn(stack, { to: [stack.at('billing')] });
      expect((await defaultsOf(path)).from).toEqual(us('billing'));
      expect(await sentAs(path)).toMatchObject({ from: us('billing'), replyTo: [] });
      expect(await sentAs(path, { sending_email: stack.at('support') })).toMatchObject({
        from: us('support'),
        replyTo: [],
      });
    });

    test('an address that cannot send yet sends from its forwarding address', async () => {
      const { message, path } = await mailIn(stack);
      await change('support', { can_send: false });
      const speaking = { from: { email: stack.forwarding, name: 'Support' }, replyTo: [us('support')] };
      expect((await defaultsOf(path)).from).toEqual(speaking.from);
      const sent = await reply(stack, path);
      const got = await openedReply(stack, sent.message_id);
      expect(got.postal.from).toMatchObject({ address: stack.forwarding, name: 'Support' });
      expect(got.postal.replyTo).toEqual([{ address: stack.at('support'), name: 'Support' }]);
      // Both lead back.
      for (const to of [stack.at('support'), stack.forwarding])
        expect((await customerAnswers(stack, got, { to: [to] })).thread_id).toBe(message.thread_id);
    });

    test('an address that can send neither way: the oldest of the workspace that can, not a personal one', async () => {
      const { message, path } = await mailIn(stack, { to: [stack.at('billing')] });
      await change('billing', { can_send: false });
      expect((await defaultsOf(path)).from).toEqual(us('support'));
      expect(await sentAs(path)).toMatchObject({ from: us('support') });
      await change('support', { can_send: false, active: false });
      // What is left of the team's: hello@, of another audience. Answers come to the ticket nevertheless.
      const sent = await reply(stack, path);
      const got = await openedReply(stack, sent.message_id);
      expect(got.postal.from?.address).toBe(stack.at('hello'));
      expect(got.postal.replyTo).toEqual([{ address: stack.at('billing'), name: 'Billing' }]);
      expect((await customerAnswers(stack, got)).thread_id).toBe(message.thread_id);
    });

    test('no address can send: the message has failed, with the reason', async () => {
      const { path } = await mailIn(stack);
      await stack.models.WorkspaceEmail.updateMany({}, { $set: { active: false } });
      const answer = await postReply(stack, path, { text: 'Anybody?' });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as { id: string };
      const failed = await inState(stack, path, id, 'failed');
      expect(failed.reason).toContain('no address');
      expect(stack.sandbox.sends.some(({ messageId }) => messageId === failed.message_id)).toBe(false);
    });

    test('a conversation: the address last written to; another one that was chosen', async () => {
      const { path } = await mailIn(stack, { to: [stack.at('hello')] });
      expect((await defaultsOf(path)).from).toEqual(us('hello'));
      expect(await sentAs(path)).toMatchObject({ from: us('hello'), replyTo: [] });
      expect(await sentAs(path, { sending_email: stack.at('billing') })).toMatchObject({
        from: us('billing'),
        replyTo: [us('hello')],
      });
    });

    test('an address that may not be chosen is 422, and nothing is saved', async () => {
      const ticket = await mailIn(stack);
      const personal = await mailIn(stack, { to: [stack.at('dana')] });
      await change('billing', { active: false });
      const tries: [string, string, string][] = [
        [ticket.path, stack.at('dana'), TOKENS.owner],
        [ticket.path, 'orders@postroom.test', TOKENS.owner],
        [ticket.path, 'stranger@else.test', TOKENS.owner],
        [ticket.path, stack.at('billing'), TOKENS.owner],
        [personal.path, stack.at('support'), TOKENS.dana],
      ];
      for (const [path, sending_email, token] of tries) {
        const answer = await postReply(stack, path, { text: 'As whom?', sending_email }, { token });
        expect([sending_email, answer.status]).toEqual([sending_email, 422]);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
      expect(await stack.models.Message.countDocuments({ text: 'As whom?' })).toBe(0);
    });
  });

  describe('recipients', () => {
    /** One for all that the API refuses. */
    let ticket: ReturnType<typeof mailIn> | undefined;
    test('the reply goes out as the defaults showed it', async () => {
      const { path } = await mailIn(stack, {
        from: 'Ann Lee <ann@client.test>',
        replyTo: ['Ann’s desk <desk@client.test>'],
        to: [stack.at('support'), 'Öztürk, Çağ <cag@else.test>'.replace(/^(.*) </, '"$1" <')],
        cc: [stack.at('billing'), stack.at('hello'), 'bob@else.test', 'BOB@else.test'],
        subject: 'RE: re: Anfrage',
      });
      const shown = await defaultsOf(path);
      expect(shown).toMatchObject({
        to: [{ email: 'desk@client.test', name: 'Ann’s desk' }],
        cc: [
          { email: 'cag@else.test', name: 'Öztürk, Çağ' },
          { email: 'bob@else.test', name: '' },
        ],
      });
      const { from, to, cc, subject } = await sentAs(path);
      expect({ from, to, cc, subject }).toEqual({
        from: shown.from,
        to: shown.to,
        cc: shown.cc,
        subject: shown.subject,
      });
      expect(subject).toMatch(/^re: anfrage$/i);
    });

    test('a stranger who writes into a thread does not change its recipients', async () => {
      const { message, path } = await mailIn(stack, { cc: ['bob@else.test'] });
      const before = await defaultsOf(path);
      const { message: marked } = await mailIn(stack, {
        from: 'Eve <eve@evil.test>',
        cc: ['mallory@evil.test'],
        inReplyTo: message.message_id ?? '',
        subject: 'Re: A question',
        text: 'Please send everything to me instead.',
      });
      expect(marked).toMatchObject({ thread_id: message.thread_id, sender_known: false });
      const { to, cc } = await defaultsOf(path);
      expect({ to, cc }).toEqual({ to: before.to, cc: before.cc });
      expect(JSON.stringify(await sentAs(path))).not.toContain('evil.test');
    });

    test('cc: [] means none; bcc recipients get the mail, and no header names them', async () => {
      const { path } = await mailIn(stack, { cc: ['bob@else.test'] });
      const sent = await reply(stack, path, {
        text: 'Between us.',
        cc: [],
        bcc: ['Quiet <quiet@else.test>', 'silent@else.test'],
      });
      const mails = await outboxOf(stack, sent.message_id, 3);
      expect(mails.map(({ recipient }) => recipient).sort()).toEqual([
        'ann@client.test',
        'quiet@else.test',
        'silent@else.test',
      ]);
      for (const mail of mails) {
        const { raw } = await opened(mail);
        expect(raw).not.toMatch(/quiet|silent|bob@else|^bcc/im);
      }
      const shown = await inState(stack, path, sent.id, 'delivered');
      expect(shown.cc).toEqual([]);
      expect(shown.deliveries.map(({ recipient }) => recipient).sort()).toEqual(
        mails.map(({ recipient }) => recipient).sort(),
      );
    });

    test('names and addresses of every script arrive as they were written', async () => {
      const { path } = await mailIn(stack, { subject: '注文について ✓ Größe' });
      const cc = [
        '"田中, 太郎" <taro@else.test>',
        'Жанна <zhanna@else.test>',
        '"Quote \\"Q\\" O\'Hara" <q@else.test>',
      ];
      const sent = await reply(stack, path, { text: 'はい', cc });
      const { mailparser, postal } = await openedReply(stack, sent.message_id);
      const names = ['田中, 太郎', 'Жанна', 'Quote "Q" O\'Hara'];
      expect(postal.cc?.map(({ name }) => name)).toEqual(names);
      expect([mailparser.cc ?? []].flat().flatMap(({ value }) => value.map(({ name }) => name))).toEqual(
        names,
      );
      expect([postal.subject, mailparser.subject]).toEqual(Array(2).fill('Re: 注文について ✓ Größe'));
    });

    test.each([
      ['subject', { subject: 'Hi\r\nBcc: eve@evil.test' }],
      ['subject', { subject: 'Hi\nBcc: eve@evil.test' }],
      ['subject', { subject: 'Hi\0there' }],
      ['cc', { cc: ['Bob\r\nBcc: eve@evil.test <bob@else.test>'] }],
      ['cc', { cc: ['bob@else.test\r\nBcc: eve@evil.test'] }],
      ['bcc', { bcc: ['"Bob\nX: y" <bob@else.test>'] }],
      ['to', { to: ['bob\0@else.test'] }],
      ['sending_email', { sending_email: 'support@postroom.test\r\nX: y' }],
      ['cc', { cc: ['not an address'] }],
    ])('what no header may hold in %s: 422 that names it, and nothing is sent', async (field, body) => {
      const { path } = await (ticket ??= mailIn(stack));
      const answer = await postReply(stack, path, { text: 'Hello.', ...body });
      const problem = JSON.stringify(await answer.json());
      expect([answer.status, problem]).toEqual([422, expect.stringContaining(field)]);
      const thread = path.split('/')[1]!;
      expect(await stack.models.Message.countDocuments({ thread_id: thread, direction: 'outbound' })).toBe(0);
    });
  });
});
