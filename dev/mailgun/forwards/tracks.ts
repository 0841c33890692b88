import { randomBytes } from 'node:crypto';
import type { Forward, Hop } from './forwards.ts';

/** Header lines that the mailbox's host adds on top of a forwarded mail; the rest is unchanged. */
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

/** The header lines that a hop adds. @param sender of the envelope before this hop */
export function headersAddedBy(hop: Hop, sender: string): string {
  const host = `mail.${domainOf(hop.from)}`;
  const id = randomBytes(6).toString('hex');
  const received = `by ${host} with SMTP id ${id};\r\n ${new Date().toUTCString().replace('GMT', '+0000')}`;
  const lines: [string, string][] = [...LINES[hop.style](hop, sender), ['Received', received]];
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/**
 * The envelope's sender after a hop: Gmail and Outlook replace it by their mailbox; that of a bounce stays
 * empty.
 */
export function senderAfter(hop: Hop, sender: string): string {
  if (sender === '' || hop.style === 'plain') return sender;
  if (hop.style === 'outlook') return hop.from;
  const local = hop.from.slice(0, hop.from.lastIndexOf('@'));
  return `${local}+caf_=${hop.to.replace('@', '=')}@${domainOf(hop.from)}`;
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
