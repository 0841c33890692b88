import { z } from 'zod';

/**
 * The mail is accepted, but the caller does not see it: the connection is reset, hangs, or the answer is 500.
 */
const ACCEPTED = ['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const;
/**
 * The mail is not accepted. `drop`: the connection is reset; `no_id`: 200 and JSON without an id; `html`: 200
 * and a proxy's page; `magnificent`: 200 and Mailgun's answer to a wrong URL.
 */
const REFUSED = ['drop', 'hang', 'no_id', 'html', 'magnificent'] as const;
const STATUSES = [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504] as const;

/** A fault of sending. Several can be in force: the first one that applies to a call is used. */
export const SendFault = z.strictObject({
  answer: z.union([z.enum([...ACCEPTED, ...REFUSED]), z.literal(STATUSES)]),
  /** Replaces Mailgun's text. */
  message: z.string().optional(),
  /** For a 429: which of Mailgun's limits. Default `account-requests-per-sec`. */
  limit: z.enum(['account-requests-per-sec', 'request', 'recipient', 'bytes']).optional(),
  /** For a 429: how long to wait, in seconds. Default 120. */
  again_after_s: z.int().positive().optional(),
  /** For a 429: Mailgun's older text, which names a date instead of seconds. */
  as_date: z.boolean().optional(),
  /** Only calls with this address among the recipients. */
  recipient: z.string().optional(),
  /** 3, for example: each third of the calls to which it could apply. Default: each call. */
  every: z.int().positive().optional(),
  /** The probability that it then applies: 0 to 1. Default 1. */
  probability: z.number().min(0).max(1).optional(),
  /** Applied this many times. */
  times: z.int().positive().optional(),
});
export type SendFault = z.infer<typeof SendFault>;

type Accepting = (typeof ACCEPTED)[number];
/** The answers of a call whose mail is not accepted. */
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

  /**
   * The fault for a call with these recipients. Each fault counts every call, also those to which another
   * fault applies.
   */
  next(recipients: string[]): SendFault | null {
    const due = this.#armed.filter((armed) => isDue(armed, recipients));
    if (!due[0]) return null;
    due[0].applied += 1;
    return due[0].fault;
  }
}

function isDue(armed: Armed, recipients: string[]): boolean {
  const { recipient, every = 1, probability = 1, times = Infinity } = armed.fault;
  if (recipient && !recipients.some((address) => address.toLowerCase() === recipient.toLowerCase()))
    return false;
  armed.seen += 1;
  return armed.applied < times && armed.seen % every === 0 && Math.random() < probability;
}
