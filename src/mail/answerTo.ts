import { normaliseAddress, type Address } from './addresses.ts';
import { isOneOrganisation, type Authentication } from './authentication.ts';
import { isFormSender } from './formSenders.ts';

/** What of a mail says to whom an answer goes. */
export interface Answerable {
  from: Address;
  /** The original sender, where a forwarder or list rewrote From. */
  sender: Address;
  reply_to: Address[];
  authentication: Pick<Authentication, 'verdict'> | null;
  /** `unproved`: it may be forged, or only its own text names the sender. */
  sender_reason: string | null;
}

export interface AnswerTo {
  /** By default. Empty: the mail names nobody else than ourselves. */
  to: Address[];
  /** Addresses in Reply-To that do not count, from which an agent may choose. */
  choices: Address[];
}

/**
 * To whom an answer goes. Anybody can write any Reply-To, so it counts only in a mail that is proved to come from
 * its From: an address of the sender's own organisational domain, or every address where From is a form service
 * that the receiving address lists. Else the answer goes to the sender.
 * @param formSenders domains that the receiving address lists
 */
export function answerTo(
  { from, sender: original, reply_to, authentication, sender_reason }: Answerable,
  formSenders: readonly string[] = [],
  isOurs: (person: Address) => boolean = () => false,
): AnswerTo {
  const sender = original.email === '' ? from : original;
  const isProved = authentication?.verdict === 'pass' && sender_reason !== 'unproved';
  const isForm = isProved && isFormSender(from.email, formSenders);
  const isSender = ({ email }: Address) => isSameAddress(email, sender.email);
  const others = unique(reply_to.filter((person) => !isOurs(person)));
  const counting = others.filter(
    (person) => isSender(person) || isForm || (isProved && isOneOrganisation(person.email, sender.email)),
  );
  const to = counting.length > 0 ? counting : isOurs(sender) || sender.email === '' ? [] : [sender];
  return { to, choices: others.filter((person) => !counting.includes(person)) };
}

export const isSameAddress = (a: string, b: string): boolean =>
  a === b || (normaliseAddress(a) !== null && normaliseAddress(a) === normaliseAddress(b));

/** Each address once. */
export function unique(people: Address[]): Address[] {
  const seen = new Set<string>();
  return people.filter(({ email }) => {
    const address = normaliseAddress(email) ?? email;
    return !seen.has(address) && seen.add(address);
  });
}
