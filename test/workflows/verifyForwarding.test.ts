import type { ProofLook } from '../../activities/addresses/lookAtProof.ts';
import { SET_UP_QUEUE, setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { ProofOutcome } from '../../src/infra/temporal/runTypes.ts';
import { proofActivities, proofPaths } from '../support/proofPaths.ts';
import { stepsByRun } from '../support/script.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';
import { DAY_MS } from '../../src/lib/time.ts';

const { activities, scripts } = stepsByRun(proofActivities({}).activities);
let world: SkippingWorld;
let env: SkippingWorld['env'];
beforeAll(async () => {
  world = await startSkippingWorld(SET_UP_QUEUE, activities);
  env = world.env;
});
afterAll(() => world.close());

async function run(name: string, played: typeof activities, isWoken = false) {
  scripts.set(name, played);
  const handle = await env.client.workflow.start('verifyForwarding', {
    workflowId: setUpWorkflowId('verifyForwarding', name, 1),
    taskQueue: SET_UP_QUEUE,
    args: [{ id: name, run: 1 }],
  });
  if (isWoken) await handle.signal('wake');
  const outcome = (await handle.result()) as ProofOutcome;
  const { memo, historyLength, runId, closeTime } = await handle.describe();
  const isContinued = runId !== handle.firstExecutionRunId;
  return { outcome, memo, historyLength, isContinued, closedAt: closeTime!.getTime() };
}

const look = 'lookAtProof';
const code = 'sendProofCode, normal';
const dns = 'checkProofDns, normal';
const release = 'releaseHeldMail, normal';

test.each<[string, ProofOutcome['action'], string[]]>([
  ['proved-by-code', 'proved', [look, code, look, dns, look, look, dns, look, release]],
  ['proved-at-once', 'proved', [look, release]],
  ['woken', 'proved', [look, dns, look, look, dns, look, release]],
  ['mail-away', 'proved', [look, code, look, dns, look, look, dns, look, look, code, look, release]],
  ['dropped', 'dropped', [look, code, look, release]],
  ['superseded', 'superseded', [look, code, look]],
  ['database-away', 'expired', [look, look, 'lookAtProof, normal', 'lookAtProof, normal', release]],
])('%s', async (path, action, calls) => {
  const played = proofActivities(proofPaths[path]!);
  const ran = await run(path, played.activities, path === 'woken');
  expect(played.calls).toEqual(calls);
  expect(ran.outcome).toEqual({ action });
  expect(ran.memo).toMatchObject({ outcome: action });
});

test('reminded: once each time, later where the provider was away', async () => {
  const played = proofActivities(proofPaths.reminded!);
  await run('reminded', played.activities);
  expect(played.calls.filter((call) => call.startsWith('remind'))).toEqual([
    ...['remindOfProof 1, normal', 'remindOfProof 1, normal', 'remindOfProof 2, normal'],
  ]);
});

test('continued: what was done is not done again, and what was to come comes', async () => {
  const played = proofActivities(proofPaths.continued!);
  const ran = await run('continued', played.activities);
  expect(ran).toMatchObject({ outcome: { action: 'proved' }, isContinued: true });
  expect(played.calls.filter((call) => call === code)).toHaveLength(1);
  expect(played.calls.slice(-3)).toEqual([dns, look, release]);
});

test('every path is run here', () => {
  expect(Object.keys(proofPaths)).toHaveLength(9);
});

test('never proved: reminders after 2, 7 and 12 days, expiry after 14, DNS at most two hours apart', async () => {
  const from = await env.currentTimeMs();
  const events: [string, number][] = [];
  const note = async (what: string) => void events.push([what, (await env.currentTimeMs()) - from]);
  const ran = await run('never', {
    ...proofActivities({}).activities,
    lookAtProof: async (): Promise<ProofLook> => {
      const expiresInMs = from + 14 * DAY_MS - (await env.currentTimeMs());
      if (expiresInMs <= 0) return { verdict: 'over', state: 'expired' };
      return { verdict: 'pending', codeWanted: false, checkWanted: false, expiresInMs };
    },
    checkProofDns: () => note('dns'),
    remindOfProof: async (_: unknown, n: number) => {
      await note(`reminder ${n}`);
      return { verdict: 'over' };
    },
  });
  expect(ran.outcome).toEqual({ action: 'expired' });
  const reminders = events.filter(([what]) => what !== 'dns');
  expect(reminders.map(([what, at]) => [what, Math.round(at / DAY_MS)])).toEqual([
    ['reminder 1', 2],
    ['reminder 2', 7],
    ['reminder 3', 12],
  ]);
  const looks = events.filter(([what]) => what === 'dns').map(([, at]) => at);
  const gaps = looks.slice(1).map((at, n) => at - looks[n]!);
  // The real clock goes on while time is skipped.
  expect(Math.max(...gaps)).toBeLessThan(2 * 60 * 60_000 + 120_000);
  expect(Math.round((ran.closedAt - from) / DAY_MS)).toBe(14);
  // It continued as another run more than once: without another reminder, and with no earlier look at DNS.
  // Temporal warns at 10,240 events.
  expect(ran.isContinued).toBe(true);
  expect(ran.historyLength).toBeLessThan(2_000);
});
