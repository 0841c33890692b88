import type { Verdict, Verdicts } from './inboundEmail.ts';
import { headerValues, type Headers } from './headers.ts';

/** Header names under which a provider writes what it found. */
export interface VerdictHeaders {
  spf: string;
  dkim: string;
  spam: string;
  spamScore: string;
}

/**
 * What the provider found out about a mail. A sender can write these headers too, so one value proves nothing
 * where another says otherwise: any `fail` is a fail, and a `pass` is one only when all values agree.
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

function agreed(found: Verdict[]): Verdict {
  if (found.includes('fail')) return 'fail';
  return new Set(found).size === 1 ? found[0]! : 'unknown';
}

/** RFC 8601 2.7; a softfail is the domain saying "probably not mine". */
function authentication(value: string): Verdict {
  const word = /^[a-z]+/.exec(value.trim().toLowerCase())?.[0];
  if (word === 'pass' || word === 'fail' || word === 'neutral') return word;
  return word === 'softfail' ? 'fail' : 'unknown';
}

function spamFlag(value: string): Verdict {
  const word = value.trim().toLowerCase();
  return word === 'yes' ? 'fail' : word === 'no' ? 'pass' : 'unknown';
}
