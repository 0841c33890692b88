import {
  condition,
  continueAsNew,
  defineSignal,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { SetUpActivities } from '../activities/index.ts';
import { askDns, notice } from './policies.ts';
import { proofSteps } from './steps.ts';
import type { ProofOutcome, ProofProgress, SetUpRun } from '../src/infra/temporal/runTypes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/** Something happened to the proof, or is wanted: its row is to be looked at, and decides. */
const wake = defineSignal('wake');

/** DNS is looked at again after a minute, then after twice as long each time, at most this. */
const LONGEST_GAP_MS = 2 * HOUR_MS;
/** The owners are reminded when so much of the 14 days is over. */
const REMIND_AFTER_MS = [2 * DAY_MS, 7 * DAY_MS, 12 * DAY_MS];
/** Infinity would be null in the input of the next run. */
const NEVER_MS = 1000 * 365 * DAY_MS;
/** Looks of one run; then it goes on as a new one, because a history has an end. An ordinary proof has some 300. */
const LOOKS_A_RUN = 100;

/**
 * The proof that an address elsewhere is the workspace's: by a code that was mailed to it, by that mail coming back through a
 * forwarding address, or by a DNS record. Until then, or for 14 days; then the mail that was held for it goes on.
 * @param before how far an earlier run of it was
 */
export async function verifyForwarding(run: SetUpRun, before?: ProofProgress): Promise<ProofOutcome> {
  const step = proofSteps();
  const { sendProofCode, remindOfProof } = proxyActivities<SetUpActivities>(notice);
  const { checkProofDns, releaseHeldMail } = proxyActivities<SetUpActivities>(askDns);
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));

  const outcome = await untilDecided();
  setCurrentDetails(`${outcome.action}; mail that was held for it goes on`);
  if (outcome.action !== 'superseded') await releaseHeldMail(run);
  upsertMemo({ outcome: outcome.action });
  return outcome;

  async function untilDecided(): Promise<ProofOutcome> {
    const so = before ?? begin();
    for (let looks = 0; ; looks += 1) {
      // Asked here only: what began before there was a limit replays without one.
      if (looks >= LOOKS_A_RUN && patched('looks-a-run'))
        return continueAsNew<typeof verifyForwarding>(run, so);
      const proof = await step.lookAtProof(run);
      if (proof.verdict === 'over') return { action: proof.state };
      const now = Date.now();
      if (proof.codeWanted && now >= so.codeAt) {
        const sent = await sendProofCode(run);
        if (sent.verdict === 'later') so.codeAt = Date.now() + sent.ms;
      } else if (proof.checkWanted || now >= so.checkAt) {
        await checkProofDns(run);
        so.checkAt = Date.now() + so.gap;
        so.gap = Math.min(so.gap * 2, LONGEST_GAP_MS);
      } else if (now >= so.remindAt) {
        const sent = await remindOfProof(run, so.reminders + 1);
        if (sent.verdict === 'over') so.reminders += 1;
        so.remindAt =
          sent.verdict === 'later'
            ? Date.now() + sent.ms
            : so.startedAt + (REMIND_AFTER_MS[so.reminders] ?? NEVER_MS);
      } else {
        setCurrentDetails('waits for the code, for its mail to come back, or for the DNS record');
        const next = Math.min(so.checkAt, so.remindAt, now + proof.expiresInMs);
        await sleepOrWake((proof.codeWanted ? Math.min(next, so.codeAt) : next) - now);
      }
    }
  }

  function begin(): ProofProgress {
    const now = Date.now();
    const times = { startedAt: now, codeAt: now, checkAt: now, remindAt: now + REMIND_AFTER_MS[0]! };
    return { ...times, gap: MINUTE_MS, reminders: 0 };
  }

  async function sleepOrWake(ms: number): Promise<void> {
    await condition(() => isWoken, Math.max(ms, 1));
    isWoken = false;
  }
}
