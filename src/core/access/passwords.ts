import { hash, verify } from '@node-rs/argon2';

/** Length is the only rule (NIST SP 800-63B); Argon2 takes all of it, where bcrypt would look at 72 bytes. */
export const MIN_PASSWORD_CHARS = 8;
export const MAX_PASSWORD_CHARS = 1_000;

/** OWASP's first choice of parameters for Argon2id: 19 MiB, two passes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** One password written in two ways (a composed or a decomposed é) is the same. */
const asTyped = (password: string): string => password.normalize('NFC');

export const hashPassword = (password: string): Promise<string> => hash(asTyped(password), COST);

let nobodys: Promise<string> | null = null;

/** @param kept null where there is none: it takes as long all the same, so that nobody learns which accounts there are. */
export async function isPassword(kept: string | null, password: string): Promise<boolean> {
  nobodys ??= hashPassword('nobody has this one');
  const isRight = await verify(kept ?? (await nobodys), asTyped(password));
  return isRight && kept !== null;
}
