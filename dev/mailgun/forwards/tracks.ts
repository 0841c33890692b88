import { randomBytes } from 'node:crypto';
import type { Forward, Hop } from './forwards.ts';

/** Header lines that the mailbox's host puts on top of what it forwards; all else stays as it came. */
const LINES: Record<Forward['style'], (hop: Hop, sender: string) => [string, string][]> = {
  gmail: ({ from, to, recipient }, sender) => [
    ['X-Forwarded-To', to],
    ['X-Forwarded-For', `${from} ${to}`],
    ['Delivered-To', recipient],
    ['Return-Path', `<${sender}>`],
  ],
  outlook: ({ from }) => [
    ['Resent-From', `<${from}>`],
    ['X-MS-Exchange-Inbox-Rules-Loop', from],
  ],
  plain: ({ from, recipient }, sender) => [
    ['Return-Path', `<${sender}>`],
    ['X-Original-To', recipient],
    ['Delivered-To', from],
  ],
};

/** What a hop leaves on top of a mail. @param sender of the envelope with which the mail came. */
export function tracksOf(hop: Hop, sender: string): string {
  const host = `mail.${domainOf(hop.from)}`;
  const id = randomBytes(6).toString('hex');
  const received = `by ${host} with SMTP id ${id};\r\n ${new Date().toUTCString().replace('GMT', '+0000')}`;
  const lines: [string, string][] = [...LINES[hop.style](hop, sender), ['Received', received]];
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** The envelope's sender after a hop: Gmail and Outlook put themselves there. A bounce stays one. */
export function senderAfter(hop: Hop, sender: string): string {
  if (sender === '' || hop.style === 'plain') return sender;
  if (hop.style === 'outlook') return hop.from;
  const local = hop.from.slice(0, hop.from.lastIndexOf('@'));
  return `${local}+caf_=${hop.to.replace('@', '=')}@${domainOf(hop.from)}`;
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
