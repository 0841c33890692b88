import { hash, randomUUID } from 'node:crypto';

/** SHA-256 (hex, first 32 digits) of a JSON array, so that `ab, c` and `a, bc` differ. */
export function hashOf(...parts: unknown[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}

/** A new id that sorts by time: 9 digits of milliseconds (base 36) and 15 random ones. */
export function newId(now = Date.now()): string {
  // The last 15 digits of a UUID are random. Node keeps random bytes for UUIDs; randomBytes asks the system
  // each time.
  return now.toString(36).padStart(9, '0') + randomUUID().replaceAll('-', '').slice(-15);
}
