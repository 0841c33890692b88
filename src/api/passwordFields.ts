import { z } from 'zod';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '../core/access/passwords.ts';

/** A password to check. */
export const ExistingPassword = z
  .string('must be text')
  .max(MAX_PASSWORD_CHARS, `must be at most ${MAX_PASSWORD_CHARS} characters`);

/** A password to set. */
export const NewPassword = ExistingPassword.min(
  MIN_PASSWORD_CHARS,
  `must be at least ${MIN_PASSWORD_CHARS} characters`,
);
