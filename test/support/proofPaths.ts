import { ApplicationFailure } from '@temporalio/common';
import type { SetUpActivities } from '../../activities/index.ts';
import { play, type Script } from './script.ts';

type ProofActivities = Pick<
  SetUpActivities,
  'lookAtProof' | 'sendProofCode' | 'checkProofDns' | 'remindOfProof' | 'releaseHeldMail'
>;
type ProofScript = Script<ProofActivities>;

const DAYS_MS = 14 * 24 * 60 * 60_000;
const over = { verdict: 'over' } as const;
const pending = {
  ...({ verdict: 'pending', codeWanted: false, checkWanted: false, expiresInMs: DAYS_MS } as const),
};
const codeWanted = { ...pending, codeWanted: true };
const checkWanted = { ...pending, checkWanted: true };
const ends = (state: 'proved' | 'expired' | 'dropped' | 'superseded') => ({ ...over, state });
const away = ApplicationFailure.retryable('lookAtProof: MongoServerSelectionError');
const times = <T>(n: number, what: T): T[] => Array.from({ length: n }, () => what);

/** A script for every way through `verifyForwarding`. */
export const proofPaths: Record<string, ProofScript> = {
  'proved-by-code': { lookAtProof: [codeWanted, pending, pending, pending, ends('proved')] },
  'proved-at-once': { lookAtProof: [ends('proved')] },
  /** Somebody asked for a look at DNS: the run is sent the signal when it is started. */
  woken: { lookAtProof: [pending, pending, checkWanted, ends('proved')] },
  'mail-away': {
    lookAtProof: [...times(6, codeWanted), ends('proved')],
    sendProofCode: [{ verdict: 'later', ms: 90_000 }, over],
  },
  reminded: {
    lookAtProof: [...times(220, pending), ends('expired')],
    remindOfProof: [{ verdict: 'later', ms: 60 * 60_000 }, over],
  },
  /** It is looked at so often that it goes on as another run, after a reminder. */
  continued: {
    lookAtProof: [codeWanted, ...times(24, pending), ...times(90, checkWanted), ends('proved')],
  },
  dropped: { lookAtProof: [codeWanted, ends('dropped')] },
  superseded: { lookAtProof: [codeWanted, ends('superseded')] },
  'database-away': { lookAtProof: [away, away, away, ends('expired')] },
};

const GOES_WELL: Required<ProofScript> = {
  lookAtProof: [ends('proved')],
  sendProofCode: [over],
  checkProofDns: [undefined],
  remindOfProof: [over],
  releaseHeldMail: [undefined],
};

export const proofActivities = (script: ProofScript) => play(GOES_WELL, script);
