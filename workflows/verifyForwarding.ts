import {
  condition,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { SetUpActivities } from '../activities/index.ts';
import { askDns, notice } from './policies.ts';
import { proofSteps } from './steps.ts';
import type { ProofOutcome, SetUpRun } from './types.ts';

/** Something happened to the proof, or is wanted: its row is to be looked at, and decides. */
const wake = defineSignal('wake');

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** DNS is looked at again after a minute, then after twice as long each time, at most this. */
const LONGEST_GAP_MS = 2 * HOUR_MS;
/** The owners are reminded when so much of the 14 days is over. */
const REMIND_AFTER_MS = [2 * DAY_MS, 7 * DAY_MS, 12 * DAY_MS];

/**
 * The proof that an address elsewhere is the workspace's: by a code that was mailed to it, by that mail coming back through a
 * forwarding address, or by a DNS record. Until then, or for 14 days; then the mail that was held for it goes on.
 */
export async function verifyForwarding(run: SetUpRun): Promise<ProofOutcome> {
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
    const startedAt = Date.now();
    let gap = MINUTE_MS;
    let [codeAt, checkAt] = [startedAt, startedAt];
    let reminders = 0;
    let remindAt = startedAt + REMIND_AFTER_MS[0]!;
    for (;;) {
      const proof = await step.lookAtProof(run);
      if (proof.verdict === 'over') return { action: proof.state };
      const now = Date.now();
      if (proof.codeWanted && now >= codeAt) {
        const sent = await sendProofCode(run);
        if (sent.verdict === 'later') codeAt = Date.now() + sent.ms;
      } else if (proof.checkWanted || now >= checkAt) {
        await checkProofDns(run);
        checkAt = Date.now() + gap;
        gap = Math.min(gap * 2, LONGEST_GAP_MS);
      } else if (now >= remindAt) {
        const sent = await remindOfProof(run, reminders + 1);
        if (sent.verdict === 'over') reminders += 1;
        remindAt =
          sent.verdict === 'later'
            ? Date.now() + sent.ms
            : startedAt + (REMIND_AFTER_MS[reminders] ?? Infinity);
      } else {
        setCurrentDetails('waits for the code, for its mail to come back, or for the DNS record');
        const next = Math.min(checkAt, remindAt, now + proof.expiresInMs);
        await sleepOrWake((proof.codeWanted ? Math.min(next, codeAt) : next) - now);
      }
    }
  }

  async function sleepOrWake(ms: number): Promise<void> {
    await condition(() => isWoken, Math.max(ms, 1));
    isWoken = false;
  }
}
