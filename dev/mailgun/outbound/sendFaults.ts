import { z } from 'zod';

/** Accepted: the mail goes out, but the caller does not learn of it. The connection is reset, hangs, or says 500. */
const ACCEPTED = ['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const;
/**
 * Not accepted. `drop`: the connection is reset; `no_id`: 200 and JSON without an id; `html`: 200 and a proxy's page;
 * `magnificent`: what Mailgun says to a wrong URL, with 200.
 */
const REFUSED = ['drop', 'hang', 'no_id', 'html', 'magnificent'] as const;
const STATUSES = [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504] as const;

/** A fault of sending. Several can be in force: the first that applies to a call is what it meets. */
export const SendFault = z.strictObject({
  answer: z.union([z.enum([...ACCEPTED, ...REFUSED]), z.literal(STATUSES)]),
  /** In place of Mailgun's own text. */
  message: z.string().optional(),
  /** Of a 429: which limit. Mailgun's kinds are these, and `account-requests-per-sec` (default). */
  limit: z.enum(['account-requests-per-sec', 'request', 'recipient', 'bytes']).optional(),
  /** Of a 429: how long to wait, in seconds. Default 120. */
  again_after_s: z.int().positive().optional(),
  /** Of a 429: the older text, which names a date in place of seconds. */
  as_date: z.boolean().optional(),
  /** Only calls that are for this address, too. */
  recipient: z.string().optional(),
  /** Each third, say, of the calls that it could apply to, beginning with the third. Default: each. */
  every: z.int().positive().optional(),
  /** Of those, by chance: 0 to 1. Default 1. */
  probability: z.number().min(0).max(1).optional(),
  /** Applied so often, then never again. */
  times: z.int().positive().optional(),
});
export type SendFault = z.infer<typeof SendFault>;

type Accepting = (typeof ACCEPTED)[number];
/** The answers of a fault that leaves the mail unaccepted. */
export type Refusing = Exclude<SendFault['answer'], Accepting>;

export const isAccepting = (answer: SendFault['answer']): answer is Accepting =>
  ACCEPTED.some((accepting) => accepting === answer);

interface Armed {
  fault: SendFault;
  seen: number;
  applied: number;
}

/** The faults of sending that are in force. */
export class SendFaults {
  #armed: Armed[] = [];

  set(faults: SendFault | SendFault[] | null): void {
    this.#armed = [faults ?? []].flat().map((fault) => ({ fault, seen: 0, applied: 0 }));
  }

  /** The fault that a call for these addresses meets. Each fault counts every call, whichever fault it meets. */
  take(recipients: string[]): SendFault | null {
    const due = this.#armed.filter((armed) => isDue(armed, recipients));
    if (!due[0]) return null;
    due[0].applied += 1;
    return due[0].fault;
  }
}

function isDue(armed: Armed, recipients: string[]): boolean {
  const { recipient, every = 1, probability = 1, times = Infinity } = armed.fault;
  if (recipient && !recipients.some((one) => one.toLowerCase() === recipient.toLowerCase())) return false;
  armed.seen += 1;
  return armed.applied < times && armed.seen % every === 0 && Math.random() < probability;
}
