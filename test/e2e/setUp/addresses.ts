import { readFile } from 'node:fs/promises';
import { newId } from '../../../src/lib/ids.ts';
import { mailIn, reply } from '../../support/outgoing.ts';
import { messageOf, rowIn, sendMail } from '../../support/mails.ts';
import { codeIn } from '../../support/setUp.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import type { Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

describe('addresses', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  interface ShownEmail {
    id: string;
    address: string;
    state: string;
    can_receive: boolean;
    can_send: boolean;
    forwarding_address: string;
    forwarding_addresses: { address: string }[];
    confirmations: { provider: string; code: string | null; mailbox: string | null }[];
    proof: { proved_by: string | null; dns: { name: string; value: string; found: string[]; note: string } };
  }

  /** A customer's domain of its own for each test. */
  const newDomain = () => `${newId()}.example`;

  async function post(path: string, body: object): Promise<[number, ShownEmail]> {
    const answer = await stack.request('POST', path, body);
    return [answer.status, (await answer.json()) as ShownEmail];
  }
  async function add(address: string, more: object = {}): Promise<ShownEmail> {
    const [status, email] = await post('emails', { address, purpose: 'ticket', kind: 'forwarding', ...more });
    expect([status, email]).toEqual([201, expect.objectContaining({ address })]);
    return email;
  }
  const show = async ({ id }: { id: string }) =>
    (await (await stack.api(`emails/${id}`)).json()) as ShownEmail;
  const verified = (email: { id: string }, withinMs?: number) =>
    until(
      'the address to be verified',
      async () => {
        const now = await show(email);
        return now.proof.proved_by !== null && now;
      },
      withinMs,
    );

  /** The newest mail with a code that this address got. */
  async function codeFor(address: string): Promise<string> {
    const mail = await until('the mail with the code', () =>
      stack.sandbox.outbox.find(({ recipient }) => recipient === address),
    );
    return codeIn(await readFile(mail.emlFile, 'utf8'));
  }

  /** Mail from a customer to an address elsewhere, as its host forwards it. */
  const forwarded = (address: string, to: string) => sendMail(stack, { to: [address] }, { recipients: [to] });

  test('an address on the platform’s domain receives and sends at once', async () => {
    const email = await add(stack.at(newId()), { kind: 'platform', display_name: 'The desk' });
    const { path } = await mailIn(stack, { to: [email.address] });
    const sent = await reply(stack, path);
    const out = await until('the reply', () =>
      stack.sandbox.outbox.find(({ messageId }) => messageId === sent.message_id),
    );
    expect(out.envelope.sender).toBe(email.address);
  });

  test('proved by code: what was held before becomes a ticket, and replies go out from the forwarding address', async () => {
    const email = await add(`support@${newDomain()}`, { display_name: 'Acme' });
    const early = await forwarded(email.address, email.forwarding_address);
    await rowIn(stack, early, 'held');
    const code = await codeFor(email.address);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    expect((await post(`emails/${email.id}/verify`, { code: wrong }))[0]).toBe(422);
    const [status, proved] = await post(`emails/${email.id}/verify`, { code });
    expect([status, proved]).toMatchObject([
      200,
      { state: 'verified', can_receive: true, can_send: false, proof: { proved_by: 'code' } },
    ]);

    const message = await messageOf(stack, early);
    expect(message).toMatchObject({ to_email: email.address, thread_kind: 'ticket' });
    await rowIn(stack, early, 'routed');
    const sent = await reply(stack, `tickets/${message.thread_id}`);
    const out = await until('the reply', () =>
      stack.sandbox.outbox.find(({ messageId }) => messageId === sent.message_id),
    );
    expect(out.envelope.sender).toBe(email.forwarding_address);
    const mime = await readFile(out.emlFile, 'utf8');
    expect(mime).toContain(`From: Acme <${email.forwarding_address}>`);
    expect(mime).toMatch(new RegExp(`^Reply-To: .*${email.address}`, 'm'));
  });

  test('proved by the mail coming back, with nothing typed; it is no ticket', async () => {
    const address = `support@${newDomain()}`;
    const email = await add(address);
    await codeFor(address);
    await stack.sandbox.forwards.set({ from: address, to: email.forwarding_address, style: 'outlook' });
    expect((await post(`emails/${email.id}/send-code`, {}))[0]).toBe(202);
    expect(await verified(email)).toMatchObject({ proof: { proved_by: 'returned mail' } });
    const skipped = await until('its row', () =>
      stack.models.InboundEmail.findOne({ recipient: email.forwarding_address, state: 'skipped' }).lean(),
    );
    expect(skipped.reason).toBe('the proof of an address came back');
    // And so does a customer's mail.
    const asked = await sendMail(stack, { to: [address] });
    expect(await messageOf(stack, asked)).toMatchObject({ to_email: address });
  });

  test('proved by a DNS record, which is shown with what was found; a worker that is killed meanwhile loses nothing', async () => {
    const address = `support@${newDomain()}`;
    const email = await add(address);
    const { name, value } = email.proof.dns;
    await stack.dns.set(name, 'TXT', ['postroom-email=something-else', 'v=spf1 -all']);
    await post(`emails/${email.id}/check`, {});
    await until('the other record to be shown', async () => {
      const { proof } = await show(email);
      return proof.dns.found.includes('postroom-email=something-else') && proof.dns.note !== '';
    });
    expect((await show(email)).state).toBe('pending');
    await stack.stop('worker', 'SIGKILL');
    await stack.dns.set(name, 'TXT', ['postroom-email=something-else', value]);
    expect((await post(`emails/${email.id}/check`, {}))[0]).toBe(202);
    await stack.startWorker();
    expect(await verified(email, 120_000)).toMatchObject({ can_receive: true, proof: { proved_by: 'dns' } });
  });

  test('one forwarding address serves several; To decides, and two forwarding targets of one mailbox make one ticket', async () => {
    const domain = newDomain();
    const support = await add(`support@${domain}`);
    const shared = support.forwarding_address;
    const sales = await add(`sales@${domain}`, { purpose: 'inbox', forwarding_address: shared });
    for (const email of [support, sales]) {
      await post(`emails/${email.id}/verify`, { code: await codeFor(email.address) });
      await verified(email);
    }
    const toSales = await messageOf(stack, await forwarded(sales.address, shared));
    expect(toSales).toMatchObject({ to_email: sales.address, thread_kind: 'conversation' });

    const other = sales.forwarding_addresses[0]!.address;
    const messageId = await sendMail(stack, { to: [support.address] }, { recipients: [shared, other] });
    await until('both copies', async () => {
      const rows = await stack.models.InboundEmail.find({ 'mail.message_id': messageId }).lean();
      return rows.length === 2 && rows.every((row) => row.state === 'routed');
    });
    expect(await stack.messages(messageId)).toHaveLength(1);
  });

  test('mail to an inactive, a deleted and an unknown address is skipped with that reason', async () => {
    const email = await add(stack.at(newId()), { kind: 'platform' });
    const skippedFor = async () =>
      (await rowIn(stack, await sendMail(stack, { to: [email.address] }), 'skipped')).reason;
    await stack.request('PATCH', `emails/${email.id}`, { active: false });
    expect(await skippedFor()).toBe('inactive address');
    await stack.request('PATCH', `emails/${email.id}`, { active: true });
    const { path, message } = await mailIn(stack, { to: [email.address] });
    expect((await stack.request('DELETE', `emails/${email.id}`)).status).toBe(204);
    expect(await skippedFor()).toBe('deleted address');
    // Its thread stays; a reply falls back to the first address that can send.
    const sent = await reply(stack, path);
    const out = await until('the reply', () =>
      stack.sandbox.outbox.find(({ messageId }) => messageId === sent.message_id),
    );
    expect(out.envelope.sender).toBe(stack.at('support'));
    expect(message.to_email).toBe(email.address);
    const unknown = await sendMail(stack, { to: [`nobody@${newDomain()}`] });
    expect((await rowIn(stack, unknown, 'skipped')).reason).toBe('unknown recipient');
  });

  test('an address whose run is not started yet is added all the same, and proved later', async () => {
    await stack.stop('worker');
    const email = await add(`support@${newDomain()}`);
    await stack.models.AddressProof.updateOne(
      { workspace_email_id: email.id },
      { $set: { wants_start: true } },
    );
    await stack.startWorker();
    const code = await codeFor(email.address);
    expect((await post(`emails/${email.id}/verify`, { code }))[0]).toBe(200);
    const proof = await stack.models.AddressProof.findOne({ workspace_email_id: email.id }).orFail();
    await until('its run to end', async () => {
      const run = await stack.client.workflow.getHandle(`verify-forwarding/${proof._id}`).describe();
      return run.status.name === 'COMPLETED';
    });
  });
});
