import type { Verdict, Verdicts } from './inboundEmail.ts';
import { headerValues, type Headers } from './headers.ts';

/** Names of the headers in which a provider writes its verdicts. */
export interface VerdictHeaders {
  spf: string;
  dkim: string;
  spam: string;
  spamScore: string;
}

/**
 * The provider's verdicts about a mail. A sender can write these headers too, so contradicting values prove
 * nothing: any `fail` makes the verdict fail, and `pass` counts only if all values agree.
 */
export function readVerdicts(headers: Headers, names: VerdictHeaders): Verdicts {
  const scores = new Set(headerValues(headers, names.spamScore).map(Number).filter(Number.isFinite));
  return {
    spf: agreed(headerValues(headers, names.spf).map(authentication)),
    dkim: agreed(headerValues(headers, names.dkim).map(authentication)),
    spam: agreed(headerValues(headers, names.spam).map(spamFlag)),
    spamScore: scores.size === 1 ? [...scores][0]! : null,
  };
}

/** One verdict of several about the same: any `fail` counts, and `pass` only if all say so. */
export function agreed(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return new Set(verdicts).size === 1 ? verdicts[0]! : 'unknown';
}

/** RFC 8601 2.7. A softfail counts as fail: the domain says that the mail is probably not its own. */
export function authentication(value: string): Verdict {
  const word = /^[a-z]+/.exec(value.trim().toLowerCase())?.[0];
  if (word === 'pass' || word === 'fail' || word === 'neutral') return word;
  return word === 'softfail' ? 'fail' : 'unknown';
}

function spamFlag(value: string): Verdict {
  const word = value.trim().toLowerCase();
  return word === 'yes' ? 'fail' : word === 'no' ? 'pass' : 'unknown';
}
