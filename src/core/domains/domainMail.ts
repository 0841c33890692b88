import type { DomainNotice } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';

interface DomainMail {
  subject: string;
  /** Paragraphs. */
  text: string[];
}

const showTime = (at: Date | null): string =>
  at ? `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'the end of the grace period';

/** What happened, and what follows from it. */
const MAILS: Record<DomainNotice['kind'], (row: DomainRow) => DomainMail> = {
  failing: ({ name, grace_until, disowned_at }) => ({
    subject: `${name}: the DNS settings need your attention`,
    text: [
      `Postroom can no longer confirm that the domain ${name} is set up correctly.`,
      disowned_at
        ? `Everything works as before until ${showTime(grace_until)}. ` +
          'If the problem is not solved by then, the domain is removed from your workspace.'
        : `Replies are sent from this domain as before until ${showTime(grace_until)}. ` +
          'If the problem is not solved by then, Postroom stops sending from it.',
    ],
  }),
  mended: ({ name }) => ({
    subject: `${name}: the problem is solved`,
    text: [`The domain ${name} is set up correctly again. You do not need to do anything.`],
  }),
  broken: ({ name }) => ({
    subject: `${name}: Postroom no longer sends from this domain`,
    text: [
      `The problem with the domain ${name} was not solved in time. ` +
        'Postroom no longer sends mail from addresses on this domain.',
      'Postroom starts sending again by itself as soon as the domain is set up correctly.',
    ],
  }),
  lost: ({ name }) => ({
    subject: `${name}: removed from your workspace`,
    text: [
      `The TXT record which proves that your workspace owns the domain ${name} is no longer in DNS, ` +
        'so the domain was removed from your workspace.',
      'Addresses on this domain no longer receive or send mail.',
      'If this is a mistake, add the domain again and publish the TXT record that is shown there.',
    ],
  }),
  'mx gone': ({ name }) => ({
    subject: `${name}: new mail no longer reaches Postroom`,
    text: [
      `The MX records of the domain ${name} no longer point to Postroom’s mail provider, ` +
        'so new mail to this domain is delivered elsewhere.',
      'If this is not what you want, restore the MX records.',
    ],
  }),
};

/** Problems that an owner can solve by correcting DNS records. */
const SOLVED_IN_DNS: DomainNotice['kind'][] = ['failing', 'broken', 'mx gone'];
const WHAT_TO_DO =
  'What to do: open the domain in Postroom, compare the records shown there with those at your DNS host, ' +
  'and correct the ones that differ. Postroom checks them again automatically.';

/** Subject and text of a mail to the owners of a domain's workspace. */
export function domainMail(kind: DomainNotice['kind'], row: DomainRow): { subject: string; text: string } {
  const { subject, text } = MAILS[kind](row);
  const details = SOLVED_IN_DNS.includes(kind) ? [row.problem, WHAT_TO_DO] : [];
  return { subject, text: `${[...text, ...details].filter((part) => part !== null).join('\n\n')}\n` };
}
