import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { AddressProofRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { ProofCode } from '../../infra/models/addressProof.ts';
import { Unfit } from '../replies/draft.ts';
import { beginProof, KEPT_ASKS, prove, waitBeforeAsking } from './proof.ts';
import { MINUTE_MS } from '../../lib/time.ts';

const CODE_LASTS_MS = 30 * MINUTE_MS;
/** Wrong tries at what was sent last; then another code has to be asked for. */
export const MAX_TRIES = 10;
/** Codes that count at one time: more than one where a step that sends one ran twice, or one was asked for again. */
const MAX_CODES = 3;

const hashCode = promisify<string, string, number, Buffer>(scrypt);

/** It was asked for too often; the message says of what. */
export class TooOften extends Error {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const ASKED = 'Codes were asked for too often.';

/** It cannot be done as things stand; the message says why. */
export class NotNow extends Error {}

/** A new code, and how it is kept. */
export async function newCode(now: Date): Promise<{ code: string; kept: ProofCode }> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const salt = randomBytes(16).toString('hex');
  const hash = (await hashCode(code, salt, 32)).toString('hex');
  return { code, kept: { hash, salt, sent_at: now, expires_at: new Date(now.getTime() + CODE_LASTS_MS) } };
}

/** The code is about to be sent, in a mail with this reference. Tries do not begin anew: it may be kept again and again. */
export async function keepCode(
  models: Models,
  proof: AddressProofRow,
  kept: ProofCode,
  reference: string,
): Promise<void> {
  await models.AddressProof.updateOne(
    { _id: proof._id },
    {
      $push: {
        codes: { $each: [kept], $slice: -MAX_CODES },
        references: { $each: [reference], $slice: -20 },
      },
    },
  );
}

/**
 * A mail with another code is wanted; a proof that expired begins again.
 * @throws TooOften, NotNow
 */
export async function askForCode(
  models: Models,
  email: WorkspaceEmailRow,
  proof: AddressProofRow,
): Promise<AddressProofRow> {
  if (proof.state === 'proved') throw new NotNow('This address is proved already.');
  const at = new Date();
  const wait = waitBeforeAsking(proof.asked_at, at.getTime());
  if (wait > 0) throw new TooOften(ASKED, wait);
  if (proof.state === 'pending') {
    // Decided on the row as it was read: of two at once one is too early.
    const { modifiedCount } = await models.AddressProof.updateOne(
      { _id: proof._id, run: proof.run, asked_at: proof.asked_at },
      {
        $set: { code_wanted_at: at, tries: 0, wants_start: true },
        $push: { asked_at: { $each: [at], $slice: -KEPT_ASKS } },
      },
    );
    if (modifiedCount === 0) throw new TooOften(ASKED, MINUTE_MS);
    return { ...proof, code_wanted_at: at, wants_start: true };
  }
  await models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { expired_at: null } });
  return beginProof(models, email);
}

/**
 * Proves the address by a code that was sent to it.
 * @throws Unfit when it is another, NotNow when none counts, also after ten wrong ones.
 */
export async function enterCode(models: Models, proof: AddressProofRow, code: string): Promise<void> {
  if (proof.state === 'proved') return;
  const now = Date.now();
  if (proof.codes.every((kept) => kept.expires_at.getTime() <= now))
    throw new NotNow('No code counts just now: they last for 30 minutes. Have another one sent.');
  // Counted before it is looked at: any number of guesses at once are ten at most.
  const counted = await models.AddressProof.findOneAndUpdate(
    { _id: proof._id, run: proof.run, tries: { $lt: MAX_TRIES } },
    { $inc: { tries: 1 } },
    { returnDocument: 'after' },
  ).lean<AddressProofRow>();
  if (!counted) throw usedUp(proof, now);
  const live = counted.codes.filter((kept) => kept.expires_at.getTime() > now);
  const hashes = await Promise.all(live.map((kept) => hashCode(code, kept.salt, 32)));
  const isRight = live.some((kept, n) => timingSafeEqual(hashes[n]!, Buffer.from(kept.hash, 'hex')));
  if (!isRight)
    throw new Unfit('code', `is not the one that was sent; ${MAX_TRIES - counted.tries} tries are left`);
  if ((await prove(models, counted, 'code')) === 'elsewhere')
    throw new NotNow('Another workspace receives for this address; it must let go of it first.');
}

/** Trying again later does not help: another one does. */
function usedUp({ asked_at }: AddressProofRow, now: number): NotNow {
  const seconds = Math.ceil(waitBeforeAsking(asked_at, now) / 1000);
  const when = seconds > 0 ? ` in ${seconds} s` : '';
  return new NotNow(
    `${MAX_TRIES} wrong codes were entered, and the code is used up: have another one sent (POST …/send-code)${when}.`,
  );
}
