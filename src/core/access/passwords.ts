import { hash, verify } from '@node-rs/argon2';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/**
 * Length is the only rule of form (NIST SP 800-63B); what is guessed easily is refused (`isEasilyGuessed`). Argon2 uses
 * the whole password; bcrypt would use 72 bytes.
 */
export const MIN_PASSWORD_CHARS = 12;
export const MAX_PASSWORD_CHARS = 1_000;

/** OWASP's first choice of parameters for Argon2id: 19 MiB, two passes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Keyboards write é in two ways, composed and decomposed: both are the same password. */
const normalise = (password: string): string => password.normalize('NFC');

export const hashPassword = (password: string): Promise<string> => hash(normalise(password), COST);

/** zxcvbn's scores: 1 = fewer than a million guesses. */
const EASY_SCORE = 1;
let estimator: Promise<ZxcvbnFactory> | null = null;

/** Whether a password is a known one, or made of such, of a row of keys or of repeats. */
export async function isEasilyGuessed(password: string): Promise<boolean> {
  estimator ??= loadEstimator();
  return (await estimator).check(normalise(password)).score <= EASY_SCORE;
}

/** Its lists take 25 MB, so they are loaded when somebody sets a password. */
async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new Factory({ dictionary, graphs: adjacencyGraphs });
}

let placeholderHash: Promise<string> | null = null;

/**
 * Whether the password is the one that was hashed.
 * @param storedHash null when there is none: the check takes as long, so that its time does not reveal which
 * accounts exist.
 */
export async function isPassword(storedHash: string | null, password: string): Promise<boolean> {
  placeholderHash ??= hashPassword('no account has this password');
  const isRight = await verify(storedHash ?? (await placeholderHash), normalise(password));
  return isRight && storedHash !== null;
}
