import { headerValues, type Headers } from './headers.ts';

/**
 * The rule that identifies a mail as an automatic reply; null when none does. The rules use only signs that
 * mail clients never put into a person's mail: after a false positive a customer's answer would not reopen
 * their closed ticket. So `Precedence: bulk` is no sign (lists send people's mail with it), nor is
 * X-Auto-Response-Suppress (it asks others not to answer, and does not say who wrote the mail), nor are words
 * in the subject.
 */
export function autoReplyRule(headers: Headers): string | null {
  // RFC 3834 5.
  if (headerValues(headers, 'Auto-Submitted').some((value) => !['', 'no'].includes(keyword(value))))
    return 'Auto-Submitted';
  // The vacation responders of Gmail, cPanel and others that are older than RFC 3834.
  for (const name of ['X-Autoreply', 'X-Autorespond']) {
    if (headerValues(headers, name).some((value) => keyword(value) !== 'no')) return name;
  }
  if (headerValues(headers, 'Precedence').some((value) => keyword(value) === 'auto_reply'))
    return 'Precedence: auto_reply';
  // A read receipt (RFC 8098), which a mail client sends for its user.
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
