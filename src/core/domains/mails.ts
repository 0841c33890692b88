import type { DomainNotice } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';

type Words = (row: DomainRow) => { subject: string; text: string[] };

const until = (at: Date | null): string =>
  at ? `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'the end of its time';

const WORDS: Record<DomainNotice['kind'], Words> = {
  failing: ({ name, grace_until, disowned_at }) => ({
    subject: `${name}: something in DNS is no longer right`,
    text: [
      `Something about the domain ${name} is no longer as it has to be.`,
      disowned_at
        ? `Until ${until(grace_until)} everything goes on as before. Then the domain is taken from your workspace.`
        : `Until ${until(grace_until)} replies go out from it as before. Then they no longer do.`,
    ],
  }),
  mended: ({ name }) => ({
    subject: `${name}: all is right again`,
    text: [`DNS of the domain ${name} is right again. Nothing is left to do.`],
  }),
  broken: ({ name }) => ({
    subject: `${name}: no more mail is sent from it`,
    text: [
      `DNS of the domain ${name} was not put right in time: no more mail is sent from its addresses.`,
      'It is sent again as soon as DNS is right.',
    ],
  }),
  lost: ({ name }) => ({
    subject: `${name}: no longer your workspace’s`,
    text: [
      `The record that showed that the domain ${name} is your workspace’s is gone from DNS.`,
      'Its addresses no longer send or receive. If this is wrong, add the domain again and publish its record.',
    ],
  }),
  'mx gone': ({ name }) => ({
    subject: `${name}: its mail goes elsewhere`,
    text: [
      `The MX records of the domain ${name} no longer lead here, so mail to it goes elsewhere.`,
      'If you did not mean that, put them back.',
    ],
  }),
};

/** What an owner can do about it is with the domain. */
const TO_BE_MENDED: DomainNotice['kind'][] = ['failing', 'broken', 'mx gone'];

/** Subject and text of a mail to the owners. */
export function domainMail(kind: DomainNotice['kind'], row: DomainRow): { subject: string; text: string } {
  const { subject, text } = WORDS[kind](row);
  const more = TO_BE_MENDED.includes(kind)
    ? [row.problem, 'The records to publish are shown with the domain.']
    : [];
  return { subject, text: `${[...text, ...more].filter((line) => line !== null).join('\n\n')}\n` };
}
