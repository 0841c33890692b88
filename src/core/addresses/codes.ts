import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { AddressProofRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { ProofCode } from '../../infra/models/addressProof.ts';
import { Unfit } from '../replies/draft.ts';
import { beginProof, KEPT_REQUESTS, proveAddress, RECEIVED_ELSEWHERE, waitBeforeAsking } from './proof.ts';
import { MINUTE_MS } from '../../lib/time.ts';

const CODE_LASTS_MS = 30 * MINUTE_MS;
/** Wrong tries since a code was last requested; then another code must be requested. */
export const MAX_TRIES = 10;
/**
 * Codes valid at one time: several, because a step that sends one may run twice, or a code was requested
 * again.
 */
const MAX_CODES = 3;

const hashCode = promisify<string, string, number, Buffer>(scrypt);

/** A code was requested too often; the message is a sentence for the user. */
export class TooOften extends Error {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const TOO_OFTEN = 'Too many codes were requested for this address. Wait before you request another one.';

/** The request cannot be done in the present state; the message is a sentence that says why. */
export class NotNow extends Error {}

/** A new code, and the form in which it is stored. */
export async function newCode(now: Date): Promise<{ code: string; kept: ProofCode }> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const salt = randomBytes(16).toString('hex');
  const hash = (await hashCode(code, salt, 32)).toString('hex');
  return { code, kept: { hash, salt, sent_at: now, expires_at: new Date(now.getTime() + CODE_LASTS_MS) } };
}

/**
 * Stores a code that is about to be sent in a mail with this reference. Does not reset the number of tries:
 * the step that calls it may be repeated, and must not give a guesser more tries.
 */
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
 * Requests a mail with another code; a proof that expired begins again.
 * @throws TooOften, NotNow
 */
export async function askForCode(
  models: Models,
  email: WorkspaceEmailRow,
  proof: AddressProofRow,
): Promise<AddressProofRow> {
  if (proof.state === 'proved')
    throw new NotNow('This address is already verified. You do not need another code.');
  const at = new Date();
  const wait = waitBeforeAsking(proof.asked_at, at.getTime());
  if (wait > 0) throw new TooOften(TOO_OFTEN, wait);
  if (proof.state === 'pending') {
    // Compare and set: of two concurrent requests one comes too early.
    const { modifiedCount } = await models.AddressProof.updateOne(
      { _id: proof._id, run: proof.run, asked_at: proof.asked_at },
      {
        $set: { code_wanted_at: at, tries: 0, wants_start: true },
        $push: { asked_at: { $each: [at], $slice: -KEPT_REQUESTS } },
      },
    );
    if (modifiedCount === 0) throw new TooOften(TOO_OFTEN, MINUTE_MS);
    return { ...proof, code_wanted_at: at, wants_start: true };
  }
  await models.WorkspaceEmail.updateOne({ _id: email._id }, { $set: { expired_at: null } });
  return beginProof(models, email);
}

/**
 * Proves the address with a code that was sent to it.
 * @throws Unfit when the code is wrong, NotNow when no code is valid or ten wrong ones were entered.
 */
export async function enterCode(models: Models, proof: AddressProofRow, code: string): Promise<void> {
  if (proof.state === 'proved') return;
  const now = Date.now();
  if (proof.codes.every((kept) => kept.expires_at.getTime() <= now))
    throw new NotNow('No code is valid now: a code is valid for 30 minutes. Request another one.');
  // Counted before the code is compared: concurrent guesses must not exceed the limit together.
  const counted = await models.AddressProof.findOneAndUpdate(
    { _id: proof._id, run: proof.run, tries: { $lt: MAX_TRIES } },
    { $inc: { tries: 1 } },
    { returnDocument: 'after' },
  ).lean<AddressProofRow>();
  if (!counted) throw usedUp(proof, now);
  const valid = counted.codes.filter((kept) => kept.expires_at.getTime() > now);
  const hashes = await Promise.all(valid.map((kept) => hashCode(code, kept.salt, 32)));
  const isRight = valid.some((kept, index) => timingSafeEqual(hashes[index]!, Buffer.from(kept.hash, 'hex')));
  if (!isRight)
    throw new Unfit(
      'code',
      `is not the code that was sent; ${MAX_TRIES - counted.tries} tries are left for this code`,
    );
  if ((await proveAddress(models, counted, 'code')) === 'elsewhere')
    throw new NotNow(`${RECEIVED_ELSEWHERE}.`);
}

/** Waiting does not help; only another code does. */
function usedUp({ asked_at }: AddressProofRow, now: number): NotNow {
  const seconds = Math.ceil(waitBeforeAsking(asked_at, now) / 1000);
  const when = seconds > 0 ? ` in ${seconds} s` : '';
  return new NotNow(
    `${MAX_TRIES} wrong codes were entered, so the code is no longer valid. ` +
      `Request another one (POST …/send-code)${when}.`,
  );
}
