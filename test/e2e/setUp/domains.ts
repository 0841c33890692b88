import { newId } from '../../../src/lib/ids.ts';
import { messageOf, rowIn, sendMail } from '../../support/mails.ts';
import { mailIn, reply } from '../../support/outgoing.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { API_KEY, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('domains', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  interface ShownDomain {
    id: string;
    state: string;
    sending: boolean;
    receiving: boolean;
    problem: string | null;
    records: {
      purpose: string;
      type: 'TXT' | 'MX' | 'CNAME';
      name: string;
      value: string;
      priority: number | null;
      state: string;
      found: string[];
    }[];
  }
  interface ShownEmail {
    id: string;
    state: string;
    can_send: boolean;
    can_receive: boolean;
  }

  async function ask<Row>(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: object,
  ): Promise<[number, Row]> {
    const answer = await (method === 'GET' ? stack.api(path) : stack.request(method, path, body));
    return [answer.status, (await answer.json()) as Row];
  }
  const show = async ({ id }: { id: string }) => (await ask<ShownDomain>('GET', `domains/${id}`))[1];
  const email = (body: object) =>
    ask<ShownEmail>('POST', 'emails', { purpose: 'ticket', kind: 'domain', ...body });

  /** Publishes these records in DNS. */
  async function publish(records: ShownDomain['records']): Promise<void> {
    const sets = new Map<string, ShownDomain['records']>();
    for (const record of records) {
      const key = `${record.type} ${record.name}`;
      sets.set(key, [...(sets.get(key) ?? []), record]);
    }
    for (const [first, ...more] of sets.values())
      await stack.dns.set(
        first!.name,
        first!.type,
        [first!, ...more].map(({ value, priority }) => (priority === null ? value : `${priority} ${value}`)),
      );
  }
  /** Checks the domain until it is as wanted. */
  const checked = (domain: { id: string }, isSo: (domain: ShownDomain) => boolean) =>
    until('the domain', async () => {
      await ask('POST', `domains/${domain.id}/check`);
      const now = await show(domain);
      return isSo(now) && now;
    });

  const BASIC = { Authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` };
  const atMailgun = (path: string) => fetch(stack.sandbox.url + path, { headers: BASIC });
  const routes = async () => (await atMailgun('/v3/routes')).json();

  test('a domain from its claim to mail in and out, step by step as its records appear', async () => {
    const name = `${newId()}.example`;
    const [status, posted] = await ask<ShownDomain>('POST', 'domains', { name: name.toUpperCase() });
    expect([status, posted]).toMatchObject([
      201,
      { name, state: 'pending', sending: false, receiving: false },
    ]);
    // On a slow machine the provider's records come after the answer.
    const claimed = await until('the records of the provider', async () => {
      const now = await show(posted);
      return now.records.length > 1 && now;
    });
    expect(claimed.records.map(({ purpose }) => purpose).sort()).toEqual(
      ['dkim', 'mx', 'mx', 'ownership', 'spf', 'tracking'].sort(),
    );
    const of = (...purposes: string[]) => claimed.records.filter(({ purpose }) => purposes.includes(purpose));

    // Records that are the same for everybody prove nothing about who claims the domain.
    await publish(of('spf', 'dkim', 'mx'));
    const unowned = await checked(claimed, ({ records }) =>
      records
        .filter(({ purpose }) => ['spf', 'dkim', 'mx'].includes(purpose))
        .every(({ state }) => state === 'valid'),
    );
    expect(unowned).toMatchObject({ state: 'pending', sending: false, receiving: false });
    expect((await email({ address: `hi@${name}` }))[0]).toBe(422);

    await publish(of('ownership'));
    const verified = await checked(claimed, ({ state }) => state === 'verified');
    expect(verified).toMatchObject({ sending: true, receiving: true });
    const [made, hi] = await email({ address: `hi@${name}` });
    expect([made, hi]).toMatchObject([201, { state: 'verified', can_send: true, can_receive: true }]);

    // The route that was made leads here: no form is named.
    await until('the route', async () => JSON.stringify(await routes()).includes(`: ${name}"`));
    const { path } = await mailIn(stack, { to: [`hi@${name}`] }, { form: undefined });
    const sent = await reply(stack, path);
    const out = await until('the reply', () =>
      stack.sandbox.outbox.find(({ messageId }) => messageId === sent.message_id),
    );
    expect(out.envelope.sender).toBe(`hi@${name}`);
    expect(stack.sandbox.posts.at(-1)).toMatchObject({ form: 'mime' });

    // A catch-all must be chosen.
    const strangers = await sendMail(stack, { to: [`nobody@${name}`] });
    expect((await rowIn(stack, strangers, 'skipped')).reason).toBe('unknown recipient');
    expect((await ask('PATCH', `domains/${claimed.id}`, { catch_all: hi.id }))[0]).toBe(200);
    expect(await messageOf(stack, await sendMail(stack, { to: [`nobody@${name}`] }))).toMatchObject({
      to_email: `hi@${name}`,
    });

    // Deleted: its addresses stop at once, and nothing of it stays at the provider.
    expect((await stack.request('DELETE', `domains/${claimed.id}`)).status).toBe(204);
    expect((await ask<ShownEmail>('GET', `emails/${hi.id}`))[1]).toMatchObject({
      can_send: false,
      can_receive: false,
    });
    const gone = async () => (await atMailgun(`/v4/domains/${name}`)).status === 404;
    await until('the domain to be gone at the provider', gone);
  });

  test('an address that is forwarded sends as itself once its domain’s DKIM is right', async () => {
    const name = `${newId()}.example`;
    const [, address] = await email({ address: `support@${name}`, kind: 'forwarding' });
    await stack.models.WorkspaceEmail.updateOne({ _id: address.id }, { $set: { proved_at: new Date() } });
    const [, claimed] = await ask<ShownDomain>('POST', 'domains', { name });
    await publish(claimed.records.filter(({ purpose }) => ['ownership', 'spf', 'dkim'].includes(purpose)));
    await checked(claimed, ({ sending }) => sending);
    const shown = await until('the address to send', async () => {
      const [, now] = await ask<ShownEmail>('GET', `emails/${address.id}`);
      return now.can_send && now;
    });
    expect(shown.can_receive).toBe(true);
  });

  test('while the provider is away a claim is made all the same, and gets its records later', async () => {
    stack.sandbox.faults.set({ domains: { answer: 503, times: 3 } });
    const name = `${newId()}.example`;
    const [status, claimed] = await ask<ShownDomain>('POST', 'domains', { name });
    expect([status, claimed.state]).toEqual([201, 'pending']);
    expect(claimed.records.map(({ purpose }) => purpose)).toEqual(['ownership']);
    expect(claimed.problem).not.toBeNull();
    await checked(claimed, ({ records }) => records.length === 6);
  });
});
