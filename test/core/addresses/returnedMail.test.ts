import { createMailActivities } from '../../../activities/index.ts';
import { newPasswordLink } from '../../../src/core/access/passwordLinks.ts';
import { removeEmail } from '../../../src/core/addresses/changeEmail.ts';
import { ownForwardingAddress } from '../../../src/core/addresses/forwardingAddress.ts';
import { releaseHeld } from '../../../src/sweeps/releaseHeld.ts';
import { linkHashesIn } from '../../../src/mail/linkHashes.ts';
import { runStep, storeMail, STRANGER_WORKSPACE, takeThrough, type Mail } from '../../support/house.ts';
import { newSetUpHouse, type SetUpHouse } from '../../support/setUp.ts';

let rig: SetUpHouse;
beforeEach(async () => {
  rig = await newSetUpHouse();
});
afterEach(() => rig.close());

const ADDRESS = 'support@acme.example';
const receive = async (mail: Mail) => {
  const row = await storeMail(rig.house.models, mail);
  return (await takeThrough(rig.house.models, createMailActivities(rig.deps), row)).row;
};
const forwardingOf = async (email: { _id: string; workspace_id: string }) =>
  (await ownForwardingAddress(rig.house.models, email, 'postroom.test')).address;

/** An address that was mailed a code; the mail's id and text. */
async function mailed() {
  const { email, proof } = await rig.add(ADDRESS);
  await runStep(rig.steps.sendProofCode, { id: proof._id, run: proof.run });
  const [raw] = await rig.mails(ADDRESS, 1);
  const messageId = /^Message-ID: (\S+)/im.exec(raw!)![1]!;
  return { email, messageId, text: raw!.split('\r\n\r\n').slice(1).join('\n\n') };
}

const returned = (recipient: string, more: Mail): Mail => ({
  recipient,
  from: 'noreply@postroom.test',
  to: [ADDRESS],
  ...more,
});

test.each<[string, (mail: { messageId: string; text: string }) => Mail]>([
  ['as it was', ({ messageId, text }) => ({ message_id: messageId, text })],
  ['with a Message-Id of the host’s own', ({ text }) => ({ message_id: '<new@host.test>', text })],
  ['without its text', ({ messageId }) => ({ message_id: messageId, text: 'cut off' })],
])('the mail with the code comes back %s: proved, and no ticket', async (_, change) => {
  const { email, ...mail } = await mailed();
  const row = await receive(returned(await forwardingOf(email), change(mail)));
  expect(row).toMatchObject({
    state: 'skipped',
    reason: 'the proof of an address came back',
    message_ids: [],
  });
  const now = await rig.read(email);
  expect(now).toMatchObject({
    email: { can_receive: true, proved_at: expect.any(Date) },
    proof: { state: 'proved', proved_by: 'returned mail', forwarding_seen_at: expect.any(Date) },
  });
  expect(rig.asked.wake).toEqual([`verify-forwarding/${now.proof._id}`]);
  const again = await receive(returned(await forwardingOf(email), change(mail)));
  expect(again).toMatchObject({ state: 'skipped', reason: row.reason });
});

test('the mail comes back through any forwarding address of the workspace, and of no other', async () => {
  const { email, messageId } = await mailed();
  const { models } = rig.house;
  const theirs = await rig.house.addEmail('team@other.test', { workspace_id: STRANGER_WORKSPACE });
  await receive(returned(await forwardingOf(theirs), { message_id: messageId }));
  expect((await rig.read(email)).email.proved_at).toBeNull();
  await receive(returned(rig.house.forwarding, { message_id: messageId }));
  expect((await rig.read(email)).email.proved_at).not.toBeNull();
  expect(await models.Ticket.countDocuments({ workspace_id: 'w1' })).toBe(0);
});

test('the mail of an earlier proof proves nothing once the address was deleted and added again', async () => {
  const { email, messageId } = await mailed();
  await removeEmail(rig.house.models, email);
  const again = await rig.add(ADDRESS);
  const row = await receive(returned(await forwardingOf(again.email), { message_id: messageId }));
  expect(row).toMatchObject({ state: 'skipped', workspace_id: null, held_for: [] });
  expect((await rig.read(again.email)).email.proved_at).toBeNull();
});

describe('a mail of ours that lets its reader in comes back', () => {
  /** As `archiveEmail` stores it. */
  const withHashes = ({ text = '', html = null }: Pick<Mail, 'text' | 'html'>): Mail => ({
    text,
    html,
    link_hashes: linkHashesIn({ text, html }),
  });
  const CAME_BACK = 'a mail with a link or a code of ours came back';
  const access = `<access.${'a'.repeat(32)}@postroom.test>`;
  const proof = `<proof.${'b'.repeat(32)}@postroom.test>`;
  const link = async () =>
    (
      await newPasswordLink(rig.house.models, {
        userId: 'olga',
        shownTo: null,
        accepts: null,
        publicUrl: 'https://x.test',
      })
    ).url;

  test.each<[string, () => Promise<Mail>]>([
    ['by its Message-Id', async () => ({ message_id: access })],
    ['with a code, to an address of another workspace', async () => ({ message_id: proof })],
    [
      'under another Message-Id, by its link',
      async () => withHashes({ text: `Open this: ${await link()}\n` }),
    ],
    ['quoted as HTML', async () => withHashes({ html: `<p><a href="${await link()}">here</a></p>` })],
  ])('%s: no ticket, and nobody in the workspace sees it', async (_, mail) => {
    const { models, forwarding } = rig.house;
    for (const recipient of ['support@acme.test', forwarding]) {
      const row = await receive({ recipient, to: ['support@acme.test'], ...(await mail()) });
      const hidden = { workspace_id: null, audiences: [], message_ids: [] };
      expect(row).toMatchObject({ state: 'skipped', reason: CAME_BACK, ...hidden });
    }
    expect(await models.Ticket.countDocuments()).toBe(0);
  });

  test('for a personal address: its user alone sees it', async () => {
    const row = await receive({ recipient: 'dana@acme.test', to: ['dana@acme.test'], message_id: access });
    expect(row).toMatchObject({ state: 'skipped', reason: CAME_BACK, workspace_id: 'w1' });
    expect(row.audiences).toEqual([expect.stringMatching(/^owner:/)]);
    expect(await rig.house.models.Conversation.countDocuments()).toBe(0);
  });

  test('a link that no longer works, a foreign id, and an answer to such a mail are ordinary mail', async () => {
    const url = await link();
    await rig.house.models.PasswordLink.deleteMany({});
    for (const mail of [
      withHashes({ text: url }),
      { message_id: access.replace('postroom.test', 'other.test') },
      { in_reply_to: [access] },
    ])
      expect(await receive({ recipient: 'support@acme.test', ...mail })).toMatchObject({ state: 'routed' });
  });
});

test('a mail that only looks like it proves nothing', async () => {
  const { email, text } = await mailed();
  const forged = text.replace(/proof\.[0-9a-f]{32}/, `proof.${'0'.repeat(32)}`);
  const row = await receive(returned(await forwardingOf(email), { text: forged }));
  expect(row).toMatchObject({ state: 'held', held_for: [email._id] });
  expect((await rig.read(email)).email.proved_at).toBeNull();
});

describe('mail that was held', () => {
  const held = (n: number): Mail => ({
    recipient: rig.house.forwarding,
    to: [ADDRESS],
    subject: `Mail ${n}`,
    received_at: new Date(Date.UTC(2026, 10, 1, 0, n)),
  });

  test('runs again when the proof has come, oldest first, and not before', async () => {
    const { email, proof } = await rig.add(ADDRESS);
    const rows = [];
    for (const n of [2, 1, 3]) rows.push(await receive(held(n)));
    expect(rows.map(({ state }) => state)).toEqual(['held', 'held', 'held']);
    expect(await releaseHeld(rig.deps)).toBe(0);
    await rig.house.models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { proved_at: new Date() } });
    await runStep(rig.steps.releaseHeldMail, { id: proof._id, run: proof.run });
    expect(rig.asked.rerun).toEqual([rows[1]!._id, rows[0]!._id, rows[2]!._id]);
  });

  test('is skipped once the time is over, as is mail that comes later', async () => {
    const { email, proof } = await rig.add(ADDRESS);
    const row = await receive(held(1));
    const run = { id: proof._id, run: proof.run };
    expect(await runStep(rig.steps.lookAtProof, run)).toMatchObject({
      verdict: 'pending',
      codeWanted: true,
      checkWanted: true,
    });
    await rig.house.models.AddressProof.updateOne(
      { _id: proof._id },
      { $set: { expires_at: new Date(Date.now() - 1) } },
    );
    for (let twice = 0; twice < 2; twice += 1)
      expect(await runStep(rig.steps.lookAtProof, run)).toEqual({ verdict: 'over', state: 'expired' });
    expect((await rig.read(email)).email.expired_at).toBeInstanceOf(Date);
    // The worker's sweep finds it also where the run could not.
    expect(await releaseHeld(rig.deps)).toBe(1);
    expect(rig.asked.rerun).toEqual([row._id]);
    expect(await receive(held(2))).toMatchObject({ state: 'skipped', reason: 'unproved' });
  });

  test('for an address that was deleted meanwhile is skipped with that reason', async () => {
    const { email } = await rig.add(ADDRESS);
    const row = await receive(held(1));
    await rig.house.models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { deleted_at: new Date() } });
    await releaseHeld(rig.deps);
    expect(rig.asked.rerun).toEqual([row._id]);
    expect(await receive(held(2))).toMatchObject({ state: 'skipped', reason: 'deleted address' });
  });
});

describe('a mail host asks to confirm forwarding', () => {
  const asks = (to: string): Mail => ({
    recipient: rig.house.forwarding,
    to: [to],
    from: 'forwarding-noreply@google.com',
    subject: '(#123456789) Gmail Forwarding Confirmation - Receive Mail from support@acme.example',
    text: 'Confirmation code: 123456789\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc',
  });
  const confirmations = async () => {
    const row = await rig.house.models.ForwardingAddress.findOne({ address: rig.house.forwarding })
      .orFail()
      .lean();
    return row.confirmations.map(({ provider, mailbox, code, link }) => ({
      provider,
      mailbox,
      code,
      link,
    }));
  };

  test('code and link are kept on the forwarding address, once; it is no ticket', async () => {
    const row = await storeMail(rig.house.models, asks(rig.house.forwarding));
    const steps = createMailActivities(rig.deps);
    await runStep(steps.resolveForwarding, { id: row._id, key: row.key, run: 1 });
    const after = await takeThrough(rig.house.models, steps, row);
    expect(after.row).toMatchObject({ state: 'skipped', reason: 'a mail host asked to confirm forwarding' });
    expect(await confirmations()).toEqual([
      {
        provider: 'gmail',
        mailbox: 'support@acme.example',
        code: '123456789',
        link: 'https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abc',
      },
    ]);
  });

  test('what the same host writes to its customer is ordinary mail', async () => {
    expect(await receive(asks('support@acme.test'))).toMatchObject({ state: 'routed' });
    expect(await confirmations()).toEqual([]);
  });
});

test('a run that is no longer the proof’s writes nothing', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  const older = { id: proof._id, run: proof.run };
  await rig.house.models.AddressProof.updateOne({ _id: proof._id }, { $inc: { run: 1 } });
  expect(await runStep(rig.steps.lookAtProof, older)).toEqual({ verdict: 'over', state: 'superseded' });
  await runStep(rig.steps.sendProofCode, older);
  expect((await rig.read(email)).proof.codes).toEqual([]);
});

test('mail that speaks for the platform’s domain is the operator’s, never a ticket', async () => {
  // A workspace had this one before it was reserved.
  await rig.house.addEmail('administrator@postroom.test', { kind: 'platform' });
  for (const local of ['postmaster', 'Abuse', 'administrator', 'admin+tls', 'security']) {
    const row = await receive({ recipient: `${local}@postroom.test`, to: ['support@acme.test'] });
    expect(row).toMatchObject({ state: 'skipped', reason: 'for the operator', workspace_id: null });
  }
});

test('the owners are reminded, and again later where the provider was away', async () => {
  const { models } = rig.house;
  const { proof } = await rig.add(ADDRESS);
  await models.User.create([
    { _id: 'olga', email: 'olga@people.example', name: 'Olga', created_at: new Date() },
    { _id: 'max', email: 'max@people.example', name: 'Max', created_at: new Date() },
  ]);
  await models.Member.create([
    { _id: 'w1/olga', workspace_id: 'w1', user_id: 'olga', role: 'owner' },
    { _id: 'w1/max', workspace_id: 'w1', user_id: 'max', role: 'member' },
  ]);
  const run = { id: proof._id, run: proof.run };
  rig.sandbox.faults.set({ sends: { answer: 429, times: 1 } });
  expect(await runStep(rig.steps.remindOfProof, run, 1)).toMatchObject({ verdict: 'later' });
  expect(await runStep(rig.steps.remindOfProof, run, 1)).toEqual({ verdict: 'over' });
  const [mail] = await rig.mails('olga@people.example', 1);
  expect(mail).toContain('_postroom.acme.example');
  expect(rig.sandbox.outbox.filter(({ recipient }) => recipient === 'max@people.example')).toEqual([]);
});
