import { createHash, hash, type Hash } from 'node:crypto';

/**
 * Characters that are gathered before they are hashed: many small updates cost more than a few large ones.
 */
const GATHERED_CHARACTERS = 16 * 1024;

/** SHA-256 over the parts of a post, each a JSON array and a comma. Two posts with one hash are the same. */
export class ContentHash {
  #hash: Hash | null = null;
  #gathered = '';

  add(part: string): void {
    this.#gathered += `${part},`;
    if (this.#gathered.length < GATHERED_CHARACTERS) return;
    this.#hash = (this.#hash ?? createHash('sha256')).update(this.#gathered);
    this.#gathered = '';
  }

  /** Hexadecimal. May be called once. */
  digest(): string {
    return this.#hash?.update(this.#gathered).digest('hex') ?? hash('sha256', this.#gathered, 'hex');
  }
}
