import { continueAsNew, patched, proxyActivities, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { SetUpActivities } from '../activities/index.ts';
import { askDns, notice } from './policies.ts';
import { proofSteps } from './steps.ts';
import type { ProofOutcome, ProofProgress, SetUpRun } from '../src/infra/temporal/runTypes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** DNS is checked again after a minute, then after twice as long each time, at most this. */
const LONGEST_GAP_MS = 2 * HOUR_MS;
/** How far into the 14 days the owners are reminded. */
const REMIND_AFTER_MS = [2 * DAY_MS, 7 * DAY_MS, 12 * DAY_MS];
/** Later than any proof ends. Infinity would become null in the input of the next run. */
const NEVER_MS = 1000 * 365 * DAY_MS;
/**
 * Looks of one run; then it goes on as a new one, because the length of a history is limited. A proof has
 * about 300.
 */
const LOOKS_A_RUN = 100;

/**
 * The proof that an address at another mail host is the workspace's: by a code that was mailed to it, by that
 * mail coming back through a forwarding address, or by a DNS record. It ends when the address is proved, or
 * after 14 days; then the mail that was held for it is processed.
 * @param before how far the run before this one got
 */
export async function verifyForwarding(run: SetUpRun, before?: ProofProgress): Promise<ProofOutcome> {
  const step = proofSteps();
  const { sendProofCode, remindOfProof } = proxyActivities<SetUpActivities>(notice);
  const { checkProofDns, releaseHeldMail } = proxyActivities<SetUpActivities>(askDns);
  const { sleepOrWake } = wakeable();

  const outcome = await untilDecided();
  setCurrentDetails(`${outcome.action}; its held mail is processed now`);
  if (outcome.action !== 'superseded') await releaseHeldMail(run);
  upsertMemo({ outcome: outcome.action });
  return outcome;

  async function untilDecided(): Promise<ProofOutcome> {
    const progress = before ?? begin();
    for (let looks = 0; ; looks += 1) {
      // Checked only here: earlier histories have no limit, and must replay.
      if (looks >= LOOKS_A_RUN && patched('looks-a-run'))
        return continueAsNew<typeof verifyForwarding>(run, progress);
      const proof = await step.lookAtProof(run);
      if (proof.verdict === 'over') return { action: proof.state };
      const now = Date.now();
      if (proof.codeWanted && now >= progress.codeAt) {
        const sent = await sendProofCode(run);
        if (sent.verdict === 'later') progress.codeAt = Date.now() + sent.ms;
      } else if (proof.checkWanted || now >= progress.checkAt) {
        await checkProofDns(run);
        progress.checkAt = Date.now() + progress.gap;
        progress.gap = Math.min(progress.gap * 2, LONGEST_GAP_MS);
      } else if (now >= progress.remindAt) {
        const sent = await remindOfProof(run, progress.reminders + 1);
        if (sent.verdict === 'over') progress.reminders += 1;
        progress.remindAt =
          sent.verdict === 'later'
            ? Date.now() + sent.ms
            : progress.startedAt + (REMIND_AFTER_MS[progress.reminders] ?? NEVER_MS);
      } else {
        setCurrentDetails('waits for the code, for its mail to come back, or for the DNS record');
        const next = Math.min(progress.checkAt, progress.remindAt, now + proof.expiresInMs);
        const wakeAt = proof.codeWanted ? Math.min(next, progress.codeAt) : next;
        await sleepOrWake(Math.max(wakeAt - now, 1));
      }
    }
  }

  function begin(): ProofProgress {
    const now = Date.now();
    const times = { startedAt: now, codeAt: now, checkAt: now, remindAt: now + REMIND_AFTER_MS[0]! };
    return { ...times, gap: MINUTE_MS, reminders: 0 };
  }
}
