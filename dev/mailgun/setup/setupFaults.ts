import { z } from 'zod';
import { Countdown } from '../countdown.ts';

/** Done, but the caller does not learn of it: the connection is reset, hangs, or says 500. */
const DONE = ['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const;
/** Not done. `html`: 200 and a proxy's page; `empty`: 200 and JSON without what belongs into it. */
const REFUSED = ['drop', 'hang', 'html', 'empty'] as const;
const STATUSES = [400, 401, 403, 404, 429, 500, 502, 503, 504] as const;

/** A fault of the set-up calls: domains, DKIM keys, routes, webhooks. */
export const SetupFault = z.strictObject({
  answer: z.union([z.enum([...DONE, ...REFUSED]), z.literal(STATUSES)]),
  /** In place of Mailgun's own text. */
  message: z.string().optional(),
  /** Only calls with this method. */
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  /** Only calls whose path begins so: `/v3/routes`. */
  path: z.string().optional(),
  /** Applied so often, then never again. */
  times: z.int().positive().optional(),
});
export type SetupFault = z.infer<typeof SetupFault>;

export type Done = (typeof DONE)[number];
/** The answers of a fault that leaves things as they are. */
export type NotDone = Exclude<SetupFault['answer'], Done>;

export const isDone = (answer: SetupFault['answer']): answer is Done => DONE.some((done) => done === answer);

/** The faults of set-up calls that are in force; a call meets the first that applies to it. */
export class SetupFaults {
  #armed: Countdown<SetupFault>[] = [];

  set(faults: SetupFault | SetupFault[] | null): void {
    this.#armed = [faults ?? []].flat().map((fault) => {
      const armed = new Countdown<SetupFault>();
      armed.set(fault);
      return armed;
    });
  }

  take(method: string, path: string): SetupFault | null {
    const applies = (fault: SetupFault) =>
      (!fault.method || fault.method === method) && path.startsWith(fault.path ?? '');
    for (const armed of this.#armed) {
      const fault = armed.take(applies);
      if (fault) return fault;
    }
    return null;
  }
}
