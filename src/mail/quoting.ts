import { formatAddress, type Address } from './addresses.ts';
import { linkify } from './textHtml.ts';

/** A stored message that is quoted below an answer, or forwarded. */
export interface QuotedMail {
  from: Address;
  to: Address[];
  cc: Address[];
  subject: string;
  at: Date;
  /** Its Date header, for the time zone of who wrote it; null if it has none. */
  date: string | null;
  text: string;
  /** Sanitised. */
  html: string | null;
}

/** What goes below the agent's own words. */
export interface Quote {
  text: string;
  html: string;
}

/** The original below an answer: a line that introduces it, then each line behind `>`, or a blockquote. */
export function quoteBelow(mail: QuotedMail): Quote {
  const line = `On ${timeOf(mail)}, ${formatAddress(mail.from)} wrote:`;
  const lines = mail.text.trimEnd().split(/\r?\n/);
  // `>>` for what was quoted already, without a space between (RFC 3676, 4.5).
  const text = lines.map((one) => (one.startsWith('>') ? `>${one}` : one === '' ? '>' : `> ${one}`));
  return {
    text: `${line}\n${text.join('\n')}\n`,
    html:
      `<div data-quote="line">${linkify(line)}</div>` +
      `<blockquote type="cite" style="margin:0 0 0 8px;border-left:2px solid #c8c5be;padding-left:12px" ` +
      `data-quote="true">${htmlOf(mail)}</blockquote>`,
  };
}

/** The original as it is forwarded: its header, then all of it. */
export function forwardBelow(mail: QuotedMail): Quote {
  const fields: [name: string, value: string][] = [
    ['From', formatAddress(mail.from)],
    ['Date', timeOf(mail)],
    ['Subject', mail.subject],
    ['To', mail.to.map(formatAddress).join(', ')],
    ['Cc', mail.cc.map(formatAddress).join(', ')],
  ];
  const header = ['---------- Forwarded message ----------'].concat(
    fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value.replace(/\s+/g, ' ')}`])),
  );
  return {
    text: `${header.join('\n')}\n\n${mail.text.trimEnd()}\n`,
    html: `<div>${header.map(linkify).join('<br />')}</div><br /><div>${htmlOf(mail)}</div>`,
  };
}

/** Plain text as HTML that keeps its lines. */
export const textAsHtml = (text: string): string => linkify(text.trimEnd()).replace(/\r?\n/g, '<br />');

const htmlOf = ({ html, text }: QuotedMail): string => html ?? textAsHtml(text);

/** `Tue, 3 Nov 2026 at 10:21` by the clock of who wrote it; without one in UTC, which is said. */
function timeOf({ at, date }: QuotedMail): string {
  const zone = /([+-])(\d{2})(\d{2})\s*(?:\([^()]*\))?\s*$/.exec(date ?? '');
  const minutes = zone ? (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) : 0;
  const local = new Date(at.getTime() + minutes * 60_000);
  const [day, time] = [DAY.format(local), TIME.format(local)];
  return `${day} at ${time}${zone ? '' : ' UTC'}`;
}
const DAY = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const TIME = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
