import path from 'node:path';
import { z } from 'zod';
import { JsonFile } from '../jsonFile.ts';

const address = z.string().regex(/^[^\s@<>,]+@[^\s@<>,]+$/, 'must be a bare address');

/** Mail for `from`, a mailbox outside, is forwarded to `to` by the host of that mailbox. */
export const Forward = z.strictObject({
  from: address.toLowerCase(),
  to: address,
  /** Which host it is, and so which headers it adds; default `gmail`. */
  style: z.enum(['gmail', 'outlook', 'plain']).default('gmail'),
});
export type Forward = z.infer<typeof Forward>;

/** One forwarding of a mail. */
export interface Hop extends Forward {
  /** The address of the mail; `from` is the mailbox, without a tag. */
  recipient: string;
}

/** A longer chain is a loop, which real hosts also end. */
const MAX_HOPS = 5;

/** Forwarding at other mail hosts, by mailbox. */
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
  /** Replaces the forward that this mailbox had. */
  async set(forward: z.input<typeof Forward>): Promise<Forward> {
    const checked = Forward.parse(forward);
    this.#forwards.set(checked.from, checked);
    await this.#save();
    return checked;
  }
  /** @returns false when there is none. */
  async remove(from: string): Promise<boolean> {
    const existed = this.#forwards.delete(from.toLowerCase());
    if (existed) await this.#save();
    return existed;
  }

  /**
   * The hops of a mail for this recipient. Empty: it is not forwarded. Null: a loop, so that it arrives
   * nowhere.
   */
  hopsFor(recipient: string): Hop[] | null {
    const hops: Hop[] = [];
    for (let at = recipient; ; at = hops.at(-1)!.to) {
      const forward = this.#find(at);
      if (!forward) return hops;
      if (hops.length === MAX_HOPS) return null;
      hops.push({ ...forward, recipient: at });
    }
  }

  /** An address with a tag (`support+news@…`) belongs to the same mailbox. */
  #find(recipient: string): Forward | undefined {
    const exact = recipient.toLowerCase();
    return this.#forwards.get(exact) ?? this.#forwards.get(exact.replace(/\+[^@]*@/, '@'));
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#forwards.values());
  }
}
