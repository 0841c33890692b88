import { askForCode, enterCode, NotNow, TooOften } from '../../../src/core/addresses/codes.ts';
import { proveAddress } from '../../../src/core/addresses/proof.ts';
import { Unfit } from '../../../src/core/replies/draft.ts';
import { runStep } from '../../support/house.ts';
import { codeIn, newSetUpHouse, type SetUpHouse } from '../../support/setUp.ts';

let rig: SetUpHouse;
beforeEach(async () => {
  rig = await newSetUpHouse();
});
afterEach(() => rig.close());

const ADDRESS = 'support@acme.example';
/** An address with a code on its way. */
async function added() {
  const { email, proof } = await rig.add(ADDRESS);
  const run = { id: proof._id, run: proof.run };
  await runStep(rig.steps.sendProofCode, run);
  return { email, run };
}
const enter = async (email: { _id: string }, code: string) =>
  enterCode(rig.house.models, (await rig.read(email)).proof, code);
const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const backdate = (change: object) =>
  rig.house.models.AddressProof.updateOne({ address: ADDRESS }, { $set: change });

test('the code of the mail proves the address, which then receives; entering it again does no harm', async () => {
  const { email } = await added();
  const [mail] = await rig.mails(ADDRESS, 1);
  expect(mail).toMatch(/^From: Postroom <noreply@postroom\.test>/m);
  expect(mail).toMatch(/^Auto-Submitted: auto-generated/m);
  expect(mail).not.toContain('fwd-');
  await enter(email, codeIn(mail!));
  await enter(email, codeIn(mail!));
  expect(await rig.read(email)).toMatchObject({
    email: { can_receive: true, can_send: false, proved_at: expect.any(Date) },
    proof: { state: 'proved', proved_by: 'code' },
  });
});

test('the stored hash does not reveal the code', async () => {
  const { email } = await added();
  const code = codeIn((await rig.mails(ADDRESS, 1))[0]!);
  const { proof } = await rig.read(email);
  expect(JSON.stringify(proof)).not.toContain(code);
  expect(proof.codes).toEqual([
    expect.objectContaining({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), salt: expect.any(String) }),
  ]);
});

test('of many concurrent guesses ten are compared, and after that not even the right one counts', async () => {
  const { email } = await added();
  const code = codeIn((await rig.mails(ADDRESS, 1))[0]!);
  const guesses = await Promise.allSettled(Array.from({ length: 30 }, () => enter(email, other(code))));
  const kinds = guesses.map((guess) => (guess.status === 'rejected' ? guess.reason.constructor : null));
  expect(kinds.filter((kind) => kind === Unfit)).toHaveLength(10);
  expect(kinds.filter((kind) => kind === NotNow)).toHaveLength(20);
  await expect(enter(email, code)).rejects.toThrow(
    /no longer valid.*Request another one \(POST …\/send-code\)\.$/i,
  );
  expect((await rig.read(email)).email.proved_at).toBeNull();
});

test('a code expires after half an hour; another is sent, and the tries start again', async () => {
  const { email, run } = await added();
  const first = codeIn((await rig.mails(ADDRESS, 1))[0]!);
  const { proof } = await rig.read(email);
  const past = new Date(Date.now() - 1);
  await backdate({ tries: 10, codes: proof.codes.map((code) => ({ ...code, expires_at: past })) });
  await expect(enter(email, first)).rejects.toThrow(NotNow);
  await askForCode(rig.house.models, email, await current(email));
  await runStep(rig.steps.sendProofCode, run);
  const second = codeIn((await rig.mails(ADDRESS, 2))[1]!);
  if (first !== second) await expect(enter(email, first)).rejects.toThrow(Unfit);
  await enter(email, second);
  expect((await rig.read(email)).proof.state).toBe('proved');
});

const current = async (email: { _id: string }) => (await rig.read(email)).proof;

test.each([
  ['two a minute', [40_000, 30_000], 20_000],
  ['five an hour', [3_500_000, 3_000_000, 2_000_000, 1_000_000, 100_000], 100_000],
  ['ten a day', Array.from({ length: 10 }, (_, n) => (20 - n) * 4_000_000), 6_400_000],
])('codes are asked for at most %s', async (_, ago, wait) => {
  const { email } = await added();
  const now = Date.now();
  await backdate({ asked_at: ago.map((ms) => new Date(now - ms)) });
  const refused = await askForCode(rig.house.models, email, await current(email)).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(TooOften);
  expect(Math.abs((refused as TooOften).retryAfterMs - wait)).toBeLessThan(15_000);
});

test('of many concurrent requests for a code one succeeds', async () => {
  const { email } = await added();
  const proof = await current(email);
  const asked = await Promise.allSettled(
    Array.from({ length: 8 }, () => askForCode(rig.house.models, email, proof)),
  );
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('after ten wrong codes the error says when another code can be requested', async () => {
  const { email } = await added();
  const asked = [40_000, 30_000].map((ms) => new Date(Date.now() - ms));
  await backdate({ tries: 10, asked_at: asked });
  const refused = enter(email, '000000').catch(String);
  const [, seconds] = /another one \(POST …\/send-code\) in (\d+) s\.$/.exec((await refused) ?? '') ?? [];
  // Less what the machine took until it was asked.
  expect(Number(seconds)).toBeGreaterThan(0);
  expect(Number(seconds)).toBeLessThanOrEqual(20);
});

test('if the process dies before the address exists, no mail is sent, and the proof ends after a minute', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  const run = { id: proof._id, run: proof.run };
  const { models } = rig.house;
  await models.WorkspaceEmail.deleteOne({ _id: email._id });
  const look = await runStep(rig.steps.lookAtProof, run);
  expect(look).toMatchObject({ verdict: 'pending', codeWanted: false, checkWanted: false });
  const { expiresInMs } = look as { expiresInMs: number };
  expect([expiresInMs > 50_000, expiresInMs <= 60_000]).toEqual([true, true]);
  expect(await proveAddress(models, proof, 'dns')).toBe('no address');
  await backdate({ expires_at: new Date(proof.expires_at.getTime() - 61_000) });
  expect(await runStep(rig.steps.lookAtProof, run)).toEqual({ verdict: 'over', state: 'dropped' });
  // Asked for again it begins anew, as the same address.
  const again = await rig.add(ADDRESS);
  expect(again).toMatchObject({ email: { _id: email._id }, proof: { state: 'pending', run: proof.run + 1 } });
  expect(await runStep(rig.steps.lookAtProof, { id: proof._id, run: again.proof.run })).toMatchObject({
    verdict: 'pending',
    codeWanted: true,
  });
});

test('a DNS check requested right after another one is done when it is due', async () => {
  const { email, run } = await added();
  const due = new Date(Date.now() + 60_000);
  await backdate({ check_wanted_at: due });
  const look = (await runStep(rig.steps.lookAtProof, run)) as { checkWanted: boolean; expiresInMs: number };
  expect([look.checkWanted, look.expiresInMs <= 60_000]).toEqual([false, true]);
  await backdate({ check_wanted_at: new Date() });
  expect(await runStep(rig.steps.lookAtProof, run)).toMatchObject({ verdict: 'pending', checkWanted: true });
  expect((await rig.read(email)).proof.state).toBe('pending');
});

test('while codes cannot be sent, there are still only ten tries', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  const run = { id: proof._id, run: proof.run };
  rig.sandbox.faults.set({ sends: { answer: 429, again_after_s: 300, times: 2 } });
  await runStep(rig.steps.sendProofCode, run);
  await backdate({ tries: 10 });
  expect(await runStep(rig.steps.sendProofCode, run)).toMatchObject({ verdict: 'later' });
  await expect(enter(email, '000000')).rejects.toThrow(NotNow);
});

test('the step may run twice, also concurrently: all codes that it sends are valid', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  const run = { id: proof._id, run: proof.run };
  await Promise.all([runStep(rig.steps.sendProofCode, run), runStep(rig.steps.sendProofCode, run)]);
  // Sent: nothing is wanted any more.
  await runStep(rig.steps.sendProofCode, run);
  const mails = await rig.mails(ADDRESS, 1);
  await enter(email, codeIn(mails[0]!));
  expect((await rig.read(email)).proof.state).toBe('proved');
});

test('while the provider is unavailable the mail is retried later, and the address says why', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  const run = { id: proof._id, run: proof.run };
  rig.sandbox.faults.set({ sends: { answer: 429, again_after_s: 300, times: 1 } });
  expect(await runStep(rig.steps.sendProofCode, run)).toEqual({ verdict: 'later', ms: 300_000 });
  expect((await rig.read(email)).proof).toMatchObject({
    code_wanted_at: expect.any(Date),
    code_problem: expect.stringContaining('more was sent'),
  });
  expect(await runStep(rig.steps.sendProofCode, run)).toEqual({ verdict: 'over' });
  expect((await rig.read(email)).proof).toMatchObject({ code_wanted_at: null, code_problem: null });
});

test('a mail that the provider refuses is not retried', async () => {
  const { email, proof } = await rig.add(ADDRESS);
  rig.sandbox.faults.set({
    sends: { answer: 400, message: 'to parameter is not a valid address', times: 1 },
  });
  const tried = await runStep(rig.steps.sendProofCode, { id: proof._id, run: proof.run });
  expect(tried).toEqual({ verdict: 'over' });
  expect((await rig.read(email)).proof).toMatchObject({
    code_wanted_at: null,
    code_problem: expect.stringContaining('not a valid address'),
  });
});

test('if another workspace receives for the address, the right code is not enough', async () => {
  const { email } = await added();
  const code = codeIn((await rig.mails(ADDRESS, 1))[0]!);
  await rig.house.models.Receiver.create({
    _id: ADDRESS,
    workspace_email_id: 'theirs',
    created_at: new Date(),
  });
  await rig.house.addEmail(ADDRESS, { _id: 'theirs', workspace_id: 'w2' });
  await expect(enter(email, code)).rejects.toThrow('Another workspace');
  expect(await rig.read(email)).toMatchObject({
    email: { can_receive: false, proved_at: null },
    proof: { state: 'pending', problem: expect.stringContaining('Another workspace') },
  });
});
