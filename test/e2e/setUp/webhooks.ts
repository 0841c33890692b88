import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { pino } from 'pino';
import { newId } from '../../../src/lib/ids.ts';
import { endpointWorkflowId } from '../../../src/infra/temporal/ids.ts';
import { createWorkflowStarts } from '../../../src/infra/temporal/workflowStarts.ts';
import { settleDeliveries } from '../../../src/sweeps/settleDeliveries.ts';
import { rows } from '../../api/world.ts';
import { startHookServer, type HookServer } from '../../support/hookServer.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { TOKENS, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('webhooks', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  interface Event {
    type: string;
    data: { id: string; subject: string; attachments?: { filename: string; state: string }[] };
  }

  async function endpoint(hook: HookServer, events: string[]) {
    const answer = await stack.request('POST', 'webhooks', { url: hook.url, events });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { id: string; secret: string };
  }

  const sendMail = async (to: string, subject: string, more: object = {}) => {
    const mail = { from: 'Ann <ann@client.test>', to: [stack.at(to)], subject, text: 'Where is it, please?' };
    await stack.sandbox.receive({ ...mail, messageId: `<${newId()}@client.test>`, ...more });
  };

  /** The events that were posted, each `webhook-id` once, with their signatures checked. */
  function eventsOf(hook: HookServer, secret: string): Event[] {
    const once = new Map<unknown, Event>();
    for (const { headers, body } of hook.posts)
      once.set(
        headers['webhook-id'],
        new Webhook(secret).verify(body, headers as Record<string, string>) as Event,
      );
    return [...once.values()];
  }

  test('a mail is reported to the endpoint with its files, in the feed and to the members; personal mail to its owner', async () => {
    await using hook = await startHookServer();
    const { id, secret } = await endpoint(hook, [
      'ticket.created',
      'ticket.message_created',
      'conversation.created',
    ]);
    const { next } = (await (await stack.api('changes')).json()) as { next: string };
    await sendMail('dana', 'For Dana alone');
    await sendMail('support', 'My order', {
      attachments: [
        { filename: 'invoice.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.4') },
      ],
    });
    const events = await until('two events', () => {
      const posted = eventsOf(hook, secret);
      return posted.length >= 2 && posted;
    });
    expect(events.map(({ type }) => type).sort()).toEqual(['ticket.created', 'ticket.message_created']);
    for (const { data } of events) expect(data.subject).toBe('My order');
    const files = events.find(({ type }) => type === 'ticket.message_created')!.data.attachments;
    expect(files).toMatchObject([{ filename: 'invoice.pdf', state: 'stored' }]);

    const feed = async (token: string) => {
      const answer = await stack.api(`changes?since=${next}`, token);
      const { data } = (await answer.json()) as { data: { type: string }[] };
      return data.map(({ type }) => type);
    };
    await until(
      'the notifications in the feed',
      async () => (await feed(TOKENS.dana)).filter((t) => t === 'notification.created').length === 2,
    );
    expect(await feed(TOKENS.dana)).toContain('conversation.created');
    expect(await feed(TOKENS.owner)).not.toContain('conversation.created');
    const data = await until('the owner to be notified', async () => {
      const answer = (await (await stack.api('notifications')).json()) as {
        data: { type: string; ticket_id: string | null }[];
      };
      return answer.data.length > 0 && answer.data;
    });
    expect(data).toMatchObject([{ type: 'new_thread', ticket_id: expect.any(String) as string }]);

    // The log is written after the endpoint has answered.
    await until('the log', async () => {
      const answer = await stack.api(`webhooks/${id}/deliveries`);
      const { data: log } = (await answer.json()) as { data: { state: string }[] };
      return log.map(({ state }) => state).join() === 'delivered,delivered';
    });
    await stack.request('DELETE', `webhooks/${id}`);
  });

  test('a worker that is killed in the middle leaves out no event', async () => {
    await using hook = await startHookServer();
    const { id, secret } = await endpoint(hook, ['ticket.message_created']);
    const subjects = Array.from({ length: 12 }, (_, n) => `Mail ${n}`);
    const sending = Promise.all(subjects.map((subject) => sendMail('billing', subject)));
    await until('the first event', () => hook.posts.length > 0);
    await stack.stop('worker', 'SIGKILL');
    await sending;
    await stack.startWorker();
    await until('all events', () => eventsOf(hook, secret).length === subjects.length);
    expect(
      eventsOf(hook, secret)
        .map(({ data }) => data.subject)
        .sort(),
    ).toEqual([...subjects].sort());
    await stack.request('DELETE', `webhooks/${id}`);
  });

  test('an endpoint whose run was ended by an operator gets a new one; a delivery can be sent again by hand', async () => {
    await using hook = await startHookServer((response) => response.writeHead(500).end());
    const { id } = await endpoint(hook, ['ticket.created']);
    const { models, client } = stack;
    const tried = (await (await stack.request('POST', `webhooks/${id}/test`)).json()) as { id: string };
    const path = `webhooks/${id}/deliveries/${tried.id}`;
    const read = async () => (await (await stack.api(path)).json()) as { state: string; attempts: unknown[] };
    await until('two attempts', async () => (await read()).attempts.length > 1);
    const settling = { models, client, starts: createWorkflowStarts(client), log: pino({ level: 'silent' }) };
    await client.workflow.getHandle(endpointWorkflowId(id)).terminate('by an operator');
    // Or the worker's own sweep does it.
    await settleDeliveries(settling);
    const run = client.workflow.getHandle(endpointWorkflowId(id));
    expect((await run.describe()).status.name).toBe('RUNNING');
    expect(await settleDeliveries(settling)).toBe(0);
    hook.answer = (response) => response.writeHead(200).end();
    expect((await stack.request('POST', `${path}/retry`)).status).toBe(409);
    await models.WebhookDelivery.updateOne({ _id: tried.id }, { $set: { state: 'failed' } });
    expect((await stack.request('POST', `${path}/retry`)).status).toBe(202);
    await until('it to be delivered', async () => (await read()).state === 'delivered');
    await until('its run to end', async () => (await run.describe()).status.name === 'COMPLETED');
    await stack.request('DELETE', `webhooks/${id}`);
  });

  test('two hundred events for an endpoint that is dead are one open run and few attempts; when it is back all arrive', async () => {
    const DELIVERIES = 200;
    await using hook = await startHookServer((response) => response.writeHead(503).end());
    const { id, secret } = await endpoint(hook, ['contact.created']);
    const { models, client, seeded } = stack;
    const contacts = Array.from({ length: DELIVERIES }, () => newId());
    for (const _id of contacts)
      await rows.contact(models, { _id, workspace_id: seeded.workspaceId, created_at: new Date() });
    const deliveries = () => models.WebhookDelivery.find({ webhook_id: id }).sort({ at: 1 }).lean();
    await until('all to be known', async () => {
      const known = await deliveries();
      return known.length === DELIVERIES && known.every(({ wants_start }) => !wants_start);
    });
    const query = 'ExecutionStatus = "Running" AND TaskQueue = "webhooks"';
    await until('one open run, and those of earlier tests to have ended', async () => {
      const ids: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
      return ids.join() === endpointWorkflowId(id);
    });
    // Those of the beginning, and a trial every ten seconds.
    expect(hook.posts.length).toBeLessThan(40);

    hook.answer = (response) => response.end();
    await until('all to be delivered', async () =>
      (await deliveries()).every(({ state }) => state === 'delivered'),
    );
    expect(eventsOf(hook, secret)).toHaveLength(DELIVERIES);
    for (const { attempts } of await deliveries()) expect(attempts.length).toBeLessThan(10);
    const run = client.workflow.getHandle(endpointWorkflowId(id));
    await until('its run to end', async () => (await run.describe()).status.name === 'COMPLETED');
    await stack.request('DELETE', `webhooks/${id}`);
  });

  test('an endpoint that hangs slows neither mail nor another endpoint; when it answers 410 its owners are notified', async () => {
    const held: ServerResponse[] = [];
    await using hanging = await startHookServer((response) => void held.push(response));
    await using healthy = await startHookServer();
    const stuck = await endpoint(hanging, ['ticket.created', 'ticket.message_created', 'ticket.updated']);
    const well = await endpoint(healthy, ['ticket.created']);
    for (let n = 0; n < 15; n += 1) await sendMail('support', `Hanging ${n}`);
    await until('posts that hang', () => hanging.posts.length > 0);
    await sendMail('support', 'Behind all of them');
    await until('the last mail', () =>
      eventsOf(healthy, well.secret).some(({ data }) => data.subject === 'Behind all of them'),
    );
    // Some thirty posts to the other endpoint were started before it. Had it waited for them, all of them had
    // been tried by now.
    expect(hanging.posts.length).toBeLessThan(15);
    hanging.answer = (response) => response.writeHead(410).end();
    for (const response of held) hanging.answer(response, 0);
    await until('it to be switched off', async () => {
      const answer = await stack.api(`webhooks/${stuck.id}`);
      return !((await answer.json()) as { active: boolean }).active;
    });
    await until('the owners to be notified', () =>
      stack.sandbox.outbox.some(({ subject }) => subject.includes('was switched off')),
    );
    for (const { id } of [stuck, well]) await stack.request('DELETE', `webhooks/${id}`);
  });
});
