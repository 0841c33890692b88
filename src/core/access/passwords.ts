import { hash, verify } from '@node-rs/argon2';

/** Length is the only rule (NIST SP 800-63B). Argon2 uses the whole password; bcrypt would use 72 bytes. */
export const MIN_PASSWORD_CHARS = 8;
export const MAX_PASSWORD_CHARS = 1_000;

/** OWASP's first choice of parameters for Argon2id: 19 MiB, two passes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Keyboards write é in two ways, composed and decomposed: both are the same password. */
const normalise = (password: string): string => password.normalize('NFC');

export const hashPassword = (password: string): Promise<string> => hash(normalise(password), COST);

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
