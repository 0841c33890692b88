import path from 'node:path';
import { z } from 'zod';
import { JsonFile } from '../jsonFile.ts';

const address = z.string().regex(/^[^\s@<>,]+@[^\s@<>,]+$/, 'must be a bare address');

/** Mail for `from`, a mailbox outside, is forwarded to `to` by the host of that mailbox. */
export const Forward = z.strictObject({
  from: address.toLowerCase(),
  to: address,
  /** What the host leaves in the mail; default `gmail`. */
  style: z.enum(['gmail', 'outlook', 'plain']).default('gmail'),
});
export type Forward = z.infer<typeof Forward>;

/** One mail on its way: whom it was for, and where it went from there. */
export interface Hop extends Forward {
  /** As addressed; `from` is the mailbox. */
  recipient: string;
}

/** A real host ends a loop too. */
const MAX_HOPS = 5;

/** What mail hosts outside forward, by mailbox. */
export class Forwards {
  readonly #file: JsonFile<Forward>;
  readonly #forwards = new Map<string, Forward>();

  private constructor(file: JsonFile<Forward>) {
    this.#file = file;
  }

  static async open(dataDir: string): Promise<Forwards> {
    const forwards = new Forwards(new JsonFile(path.join(dataDir, 'forwards.json')));
    for (const forward of await forwards.#file.read()) forwards.#forwards.set(forward.from, forward);
    return forwards;
  }

  get all(): Forward[] {
    return [...this.#forwards.values()];
  }
  /** In place of the one that this mailbox had. */
  async set(forward: z.input<typeof Forward>): Promise<Forward> {
    const checked = Forward.parse(forward);
    this.#forwards.set(checked.from, checked);
    await this.#save();
    return checked;
  }
  /** @returns false when there is none. */
  async remove(from: string): Promise<boolean> {
    const isThere = this.#forwards.delete(from.toLowerCase());
    if (isThere) await this.#save();
    return isThere;
  }

  /** The way of a mail for this recipient; empty = nobody forwards it, null = in a loop, to nobody. */
  wayOf(recipient: string): Hop[] | null {
    const way: Hop[] = [];
    for (let at = recipient; ; at = way.at(-1)!.to) {
      const forward = this.#find(at);
      if (!forward) return way;
      if (way.length === MAX_HOPS) return null;
      way.push({ ...forward, recipient: at });
    }
  }

  /** A tag (`support+news@…`) is in the same mailbox. */
  #find(recipient: string): Forward | undefined {
    const exact = recipient.toLowerCase();
    return this.#forwards.get(exact) ?? this.#forwards.get(exact.replace(/\+[^@]*@/, '@'));
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#forwards.values());
  }
}
