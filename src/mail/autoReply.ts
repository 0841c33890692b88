import { headerValues, type Headers } from './headers.ts';

/**
 * The rule by which a mail is one that a machine sent in answer to something, or null. Only signs that no
 * mail client writes into a person's mail: a false alarm means that a customer's answer does not open their
 * closed ticket. So not `Precedence: bulk` (lists send people's mail with it), not X-Auto-Response-Suppress
 * (it asks others not to answer, and says nothing of who wrote), and no words of a subject.
 */
export function autoReplyRule(headers: Headers): string | null {
  // RFC 3834 5.
  if (headerValues(headers, 'Auto-Submitted').some((value) => !['', 'no'].includes(keyword(value))))
    return 'Auto-Submitted';
  // Gmail's vacation responder, and those of cPanel and others from before RFC 3834.
  for (const name of ['X-Autoreply', 'X-Autorespond']) {
    if (headerValues(headers, name).some((value) => keyword(value) !== 'no')) return name;
  }
  if (headerValues(headers, 'Precedence').some((value) => keyword(value) === 'auto_reply'))
    return 'Precedence: auto_reply';
  // A receipt (RFC 8098) is written by a mail client for its user.
  if (headerValues(headers, 'Content-Type').some(isReceipt)) return 'disposition-notification';
  return null;
}

const keyword = (value: string): string =>
  value
    .trim()
    .split(/[;\s(]/, 1)[0]!
    .toLowerCase();

const isReceipt = (type: string): boolean =>
  /^\s*multipart\/report\b/i.test(type) &&
  /report-type\s{0,9}=\s{0,9}"?disposition-notification\b/i.test(type);
