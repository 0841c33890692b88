import { randomBytes } from 'node:crypto';
import type { SentEvent } from './sentMail.ts';

type Step = Omit<SentEvent, 'id' | 'at' | 'recipient'>;

/**
 * The events of a mail for one recipient, who is chosen by the local part: `bounce@…` fails permanently,
 * `slow@…` is delayed twice and then delivered, `complain@…` is delivered and then complained about, any
 * other address is delivered at once. A tag (`slow+1@…`) makes no difference. The events have different
 * times, so that they have an order.
 * @param at time of the first try to deliver, in milliseconds since 1970
 * @param stepMs time between the steps of a delivery
 */
export function plan(
  recipient: string,
  {
    at,
    stepMs,
    isTest,
    isSuppressed,
  }: { at: number; stepMs: number; isTest: boolean; isSuppressed: boolean },
): SentEvent[] {
  const host = `mx.${recipient.slice(recipient.lastIndexOf('@') + 1)}`;
  const steps = isTest ? [] : stepsFor(recipient, host, stepMs, isSuppressed);
  const planned = [
    { after: -0.5, step: { kind: 'accepted' as const } },
    ...steps.map((step, index) => ({ after: index * (stepMs + 0.01), step })),
  ];
  return planned.map(({ after, step }) => ({
    id: randomBytes(16).toString('base64url'),
    at: at + after,
    recipient,
    ...step,
  }));
}

function stepsFor(recipient: string, host: string, stepMs: number, isSuppressed: boolean): Step[] {
  if (isSuppressed) return [SUPPRESSED];
  switch (/^[^@+]*/.exec(recipient.toLowerCase())![0]) {
    case 'bounce':
      return [bounced(host)];
    case 'slow':
      return [delayed(host, 1, stepMs), delayed(host, 2, stepMs), delivered(host, 3)];
    case 'complain':
      return [delivered(host, 1), { kind: 'complained' }];
    default:
      return [delivered(host, 1)];
  }
}

const conversation = (host: string, attempt: number) => ({
  tls: true,
  'mx-host': host,
  'attempt-no': attempt,
  description: '',
  utf8: true,
  'certificate-verified': true,
});

const delivered = (host: string, attempt: number): Step => ({
  kind: 'delivered',
  status: {
    ...conversation(host, attempt),
    code: 250,
    'enhanced-code': '2.0.0',
    message: 'OK',
    'session-seconds': 0.436,
    'first-delivery-attempt-seconds': 0.122,
  },
});

const delayed = (host: string, attempt: number, stepMs: number): Step => ({
  kind: 'failed',
  severity: 'temporary',
  reason: 'generic',
  status: {
    ...conversation(host, attempt),
    code: 451,
    'enhanced-code': '4.7.652',
    message: '4.7.652 too many connections',
    'retry-seconds': Math.ceil(stepMs / 1000),
    'session-seconds': 0.75,
  },
});

/** Code and text of a bounce, also on the suppression list. */
export const BOUNCE = { code: '550', error: '5.1.1 No such user' };

const bounced = (host: string): Step => ({
  kind: 'failed',
  severity: 'permanent',
  reason: 'bounce',
  status: {
    ...conversation(host, 1),
    code: Number(BOUNCE.code),
    'enhanced-code': '5.1.1',
    'bounce-type': 'hard',
    message: BOUNCE.error,
    'session-seconds': 2.95,
  },
});

const SUPPRESSED: Step = {
  kind: 'failed',
  severity: 'permanent',
  reason: 'suppress-bounce',
  status: {
    'attempt-no': 1,
    code: 605,
    message: '',
    'session-seconds': 0,
    description: 'Not delivering to previously bounced address',
  },
};
