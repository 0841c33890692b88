import { z } from 'zod';
import { Countdown } from '../countdown.ts';

/**
 * The call has its effect, but the caller does not see it: the connection is reset, hangs, or the answer is
 * 500.
 */
const DONE = ['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const;
/** The call has no effect. `html`: 200 and a proxy's page; `empty`: 200 and an empty body. */
const REFUSED = ['drop', 'hang', 'html', 'empty'] as const;
const STATUSES = [400, 401, 403, 404, 429, 500, 502, 503, 504] as const;

/** A fault of the set-up calls: domains, DKIM keys, routes, webhooks. */
export const SetupFault = z.strictObject({
  answer: z.union([z.enum([...DONE, ...REFUSED]), z.literal(STATUSES)]),
  /** Replaces Mailgun's text. */
  message: z.string().optional(),
  /** Only calls with this method. */
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  /** Only calls whose path begins with this: `/v3/routes`. */
  path: z.string().optional(),
  /** Applied this many times. */
  times: z.int().positive().optional(),
});
export type SetupFault = z.infer<typeof SetupFault>;

export type Done = (typeof DONE)[number];
/** The answers of a call without effect. */
export type NotDone = Exclude<SetupFault['answer'], Done>;

export const isDone = (answer: SetupFault['answer']): answer is Done => DONE.some((done) => done === answer);

/** The faults of set-up calls that are in force. The first one that applies to a call is used. */
export class SetupFaults {
  #armed: Countdown<SetupFault>[] = [];

  set(faults: SetupFault | SetupFault[] | null): void {
    this.#armed = [faults ?? []].flat().map((fault) => {
      const armed = new Countdown<SetupFault>();
      armed.set(fault);
      return armed;
    });
  }

  next(method: string, path: string): SetupFault | null {
    const applies = (fault: SetupFault) =>
      (!fault.method || fault.method === method) && path.startsWith(fault.path ?? '');
    for (const armed of this.#armed) {
      const fault = armed.next(applies);
      if (fault) return fault;
    }
    return null;
  }
}
