import { headerValues, type Headers } from './headers.ts';

/** Sent by a machine in answer to something: Auto-Submitted other than `no` (RFC 3834 5). */
export function isAutoReply(headers: Headers): boolean {
  return headerValues(headers, 'Auto-Submitted')
    .map((value) => value.split(/[;\s(]/, 1)[0]!.toLowerCase())
    .some((keyword) => keyword !== '' && keyword !== 'no');
}
