import type { Faults } from '../../../dev/mailgun/faults.ts';
import type { MessageRow } from '../../../src/infra/models/index.ts';
import { rowIn, storedBelow } from '../../support/mails.ts';
import {
  BOUNCED,
  inState,
  mailIn,
  messageAt,
  outboxOf,
  postEvent,
  reply,
  runOf,
  ticketOf,
  type ShownMessage,
} from '../../support/outgoing.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { API_KEY, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('delivery states of replies', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
    // Slow enough to be seen at each step.
    stack.sandbox.set({ stepMs: 1_000 });
  });
  afterEach(() => stack.sandbox.faults.clear());

  /** A reply to a mail of somebody with this name at `client.test`, and of others in Cc. */
  async function replyTo(local: string, cc: string[] = []) {
    const { message, path } = await mailIn(stack, { from: `${local}@client.test`, cc });
    return { message, path, sent: await reply(stack, path) };
  }

  /** As when the agent closes the ticket with the reply. */
  const closeWith = (sent: ShownMessage, { thread_id }: MessageRow) =>
    stack.models.Ticket.updateOne(
      { _id: thread_id },
      { $set: { status: 'closed', closed_at: new Date(sent.created_at) } },
    );

  /** Waits until all posted events are written to their messages. */
  const eventsWritten = () =>
    until('all events to be written', async () => {
      return (await storedBelow(stack, 'mailgun-events/unstarted')).length === 0;
    });

  /** One word a recipient, in alphabetical order. */
  const statesOf = ({ deliveries }: ShownMessage) =>
    Object.fromEntries(deliveries.map(({ recipient, state }) => [recipient.split('@')[0], state]));

  /** Posts an event that Mailgun does not list. It is believed where the account may not read events. */
  const postUnlisted = async (event: Parameters<typeof postEvent>[1]) => {
    stack.sandbox.faults.set({ events: { answer: 403 } });
    expect(await postEvent(stack, event)).toBe(200);
  };

  const callsOf = (messageId: string) => stack.sandbox.sends.filter((call) => call.messageId === messageId);

  describe('what the provider reports', () => {
    test('a permanent bounce: failed, with what the other side said; a closed ticket is open again', async () => {
      // The bounce is not known yet when the ticket is closed.
      stack.sandbox.set({ eventsDelayMs: 3_600_000 });
      const { message, path, sent } = await replyTo('bounce');
      await inState(stack, path, sent.id, 'sent');
      await closeWith(sent, message);
      stack.sandbox.set({ eventsDelayMs: 0 });
      const failed = await inState(stack, path, sent.id, 'failed');
      expect(failed.reason).toContain('No such user');
      expect(failed.deliveries).toEqual([
        {
          recipient: 'bounce@client.test',
          state: 'failed',
          reason: expect.stringContaining('No such user'),
          at: expect.any(String),
        },
      ]);
      expect(await runOf(stack, sent.id)).toMatchObject({ action: 'failed' });
      const ticket = await ticketOf(stack, message);
      expect(ticket).toMatchObject({ status: 'open', closed_at: null });
    });

    test('a slow delivery: delayed, with the reason, then delivered', async () => {
      // Held back until two have come, or it is cleared.
      stack.sandbox.faults.set({ event_posts: { only: ['delivered'], reorder: 2 } });
      const { path, sent } = await replyTo('slow');
      const delayed = await inState(stack, path, sent.id, 'delayed');
      expect(delayed.reason).toContain('too many connections');
      await outboxOf(stack, sent.message_id);
      stack.sandbox.faults.clear();
      const delivered = await inState(stack, path, sent.id, 'delivered');
      expect(delivered).toMatchObject({ reason: null, deliveries: [{ state: 'delivered', reason: null }] });
      expect(await outboxOf(stack, sent.message_id)).toHaveLength(1);
    });

    test('a complaint', async () => {
      const { path, sent } = await replyTo('complain');
      const complained = await inState(stack, path, sent.id, 'complained');
      expect(statesOf(complained)).toEqual({ complain: 'complained' });
    });

    test('several recipients: each has a state, the message has the worst', async () => {
      const { path, sent } = await replyTo('ann', [
        'bounce+several@client.test',
        'slow@client.test',
        'complain@client.test',
      ]);
      const all = await until(
        'the delivery state of each',
        async () => {
          const shown = await messageAt(stack, path, sent.id);
          const states = Object.values(statesOf(shown));
          return (
            states.length === 4 &&
            !states.includes('delayed') &&
            !states.includes('sent') &&
            statesOf(shown).complain === 'complained' &&
            shown
          );
        },
        90_000,
      );
      expect(statesOf(all)).toEqual({
        ann: 'delivered',
        'bounce+several': 'failed',
        slow: 'delivered',
        complain: 'complained',
      });
      expect(all).toMatchObject({ state: 'failed', reason: expect.stringContaining('No such user') });
    });
  });

  describe('events that misbehave', () => {
    const settled = async (local: string, state: string, faults: Faults['event_posts']) => {
      stack.sandbox.faults.set({ event_posts: faults });
      const { path, sent } = await replyTo(local);
      const shown = await inState(stack, path, sent.id, state);
      expect(statesOf(shown)).toEqual({ [local]: state });
      return { path, sent };
    };

    test('twice each, at once', async () => {
      const { path, sent } = await settled('complain', 'complained', { double: true });
      await until('all posts', () => {
        const posts = stack.sandbox.eventPosts.filter(({ messageId }) => messageId === sent.message_id);
        return posts.length >= 6 && posts.every(({ status }) => status === 200);
      });
      await eventsWritten();
      await inState(stack, path, sent.id, 'complained');
      expect(callsOf(sent.message_id)).toHaveLength(1);
    });

    test('last first', async () => {
      // accepted, delivered, complained: the first that comes says the most, and stands.
      const { path, sent } = await settled('complain', 'complained', { reorder: 3 });
      await until('all posts', () => {
        return stack.sandbox.eventPosts.filter(({ messageId }) => messageId === sent.message_id).length === 3;
      });
      await eventsWritten();
      await inState(stack, path, sent.id, 'complained');
    });

    test('unknown ids, kinds that are not used, and mails that we did not send: 200, and nothing changes', async () => {
      const { path, sent } = await replyTo('ann');
      const before = await inState(stack, path, sent.id, 'delivered');
      const { message } = await mailIn(stack);
      const posts = [
        { ...BOUNCED, messageId: '<nobody@nowhere.test>', recipient: 'ann@client.test' },
        { ...BOUNCED, messageId: message.message_id!, recipient: 'ann@client.test' },
        { event: 'opened', messageId: sent.message_id, recipient: 'ann@client.test' },
        { event: 'brand-new', messageId: sent.message_id, recipient: 'ann@client.test' },
      ];
      for (const post of posts) expect(await postEvent(stack, post)).toBe(200);
      await eventsWritten();
      expect(await messageAt(stack, path, sent.id)).toEqual(before);
    });

    test('long after the run has ended: written all the same', async () => {
      const { message, path, sent } = await replyTo('ann');
      await inState(stack, path, sent.id, 'delivered');
      expect(await runOf(stack, sent.id)).toEqual({ action: 'delivered' });
      await closeWith(sent, message);
      const recipient = 'ann@client.test';
      await postUnlisted({ ...BOUNCED, messageId: sent.message_id, recipient });
      const failed = await inState(stack, path, sent.id, 'failed');
      expect(failed.reason).toContain('No such user');
      expect((await ticketOf(stack, message)).status).toBe('open');
    });
  });

  describe('a retry by a person', () => {
    const retry = (path: string, id: string) => stack.request('POST', `${path}/messages/${id}/retry`);

    test('of a reply that bounced goes to those who do not have it, and to no recipient a second time', async () => {
      const { path, sent } = await replyTo('ann', ['bounce+again@client.test', 'bob@else.test']);
      await inState(stack, path, sent.id, 'failed');
      await until('the others to have it', async () => {
        const shown = await messageAt(stack, path, sent.id);
        return statesOf(shown).ann === 'delivered' && statesOf(shown).bob === 'delivered';
      });
      // It is suppressed now: the operator takes it off the list.
      const removed = await fetch(`${stack.sandbox.url}/v3/postroom.test/bounces/bounce+again@client.test`, {
        method: 'DELETE',
        headers: { Authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` },
      });
      expect(removed.status).toBe(200);
      const answer = await retry(path, sent.id);
      expect(answer.status).toBe(202);
      const [, second] = await until('the second call', () => {
        const calls = callsOf(sent.message_id);
        return calls.length === 2 && calls;
      });
      expect(second?.recipients).toEqual(['bounce+again@client.test']);
      const failed = await inState(stack, path, sent.id, 'failed');
      expect(statesOf(failed)).toEqual({ ann: 'delivered', bob: 'delivered', 'bounce+again': 'failed' });
      expect(await outboxOf(stack, sent.message_id)).toHaveLength(2);
    });

    test('that succeeds: delivered; events of the first try no longer count', async () => {
      const { path, sent } = await replyTo('ann');
      await inState(stack, path, sent.id, 'delivered');
      const bounce = { ...BOUNCED, messageId: sent.message_id, recipient: 'ann@client.test' };
      await postUnlisted(bounce);
      await inState(stack, path, sent.id, 'failed');
      stack.sandbox.faults.clear();
      expect((await retry(path, sent.id)).status).toBe(202);
      await inState(stack, path, sent.id, 'delivered');
      const [first] = callsOf(sent.message_id);
      const late = { ...bounce, 'user-variables': first?.variables, severity: 'permanent' };
      await postUnlisted(late);
      await eventsWritten();
      const after = await inState(stack, path, sent.id, 'delivered');
      expect(statesOf(after)).toEqual({ ann: 'delivered' });
    });

    test('of a reply that is under way, delivered or cancelled: 409', async () => {
      const { path, sent } = await replyTo('ann');
      await inState(stack, path, sent.id, 'delivered');
      expect((await retry(path, sent.id)).status).toBe(409);
      const waiting = await reply(stack, path, { text: 'Wait.', undo_seconds: 3_600 });
      expect((await retry(path, waiting.id)).status).toBe(409);
      await stack.request('DELETE', `${path}/messages/${waiting.id}`);
      expect((await retry(path, waiting.id)).status).toBe(409);
      expect((await retry(path, 'nothing')).status).toBe(404);
    });
  });

  describe('a bounce that comes as a mail', () => {
    const report = (sent: ShownMessage, action: string, words: string) =>
      Buffer.from(
        [
          'From: Mail Delivery Subsystem <mailer-daemon@mx.client.test>',
          `To: ${stack.at('support')}`,
          'Subject: Undelivered Mail Returned to Sender',
          `Message-ID: <${action}-${sent.id}@mx.client.test>`,
          'Auto-Submitted: auto-replied',
          'MIME-Version: 1.0',
          'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
          '',
          '--b',
          'Content-Type: text/plain',
          '',
          'I am sorry to tell you about your mail.',
          '--b',
          'Content-Type: message/delivery-status',
          '',
          'Reporting-MTA: dns; mx.client.test',
          '',
          'Final-Recipient: rfc822; ann@client.test',
          `Action: ${action}`,
          `Status: ${action === 'failed' ? '5.2.2' : '4.2.2'}`,
          `Diagnostic-Code: smtp; ${words}`,
          '--b',
          'Content-Type: text/rfc822-headers',
          '',
          `Message-ID: ${sent.message_id}`,
          `Subject: ${sent.subject}`,
          '--b--',
          '',
        ].join('\r\n'),
      );

    test.each([
      ['failed', 'failed', '552 5.2.2 mailbox full'],
      ['delayed', 'delayed', '452 4.2.2 mailbox full'],
    ])('%s: marks the message that it is about, and becomes no ticket', async (action, state, words) => {
      stack.sandbox.faults.set({ event_posts: { drop: true } });
      const { path, sent } = await replyTo('ann');
      await inState(stack, path, sent.id, ['sent', 'delivered']);
      const tickets = await stack.models.Ticket.countDocuments();
      await stack.sandbox.receive(
        { eml: report(sent, action, words) },
        { form: 'mime', recipients: [stack.at('support')], sender: '' },
      );
      const row = await rowIn(stack, `<${action}-${sent.id}@mx.client.test>`, 'skipped');
      expect(row.reason).toMatch(/bounce/i);
      const marked = await inState(stack, path, sent.id, state);
      expect(marked.reason).toContain('mailbox full');
      expect(statesOf(marked)).toEqual({ ann: state });
      expect(await stack.models.Ticket.countDocuments()).toBe(tickets);
    });
  });
});
