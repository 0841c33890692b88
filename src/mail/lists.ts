import { normaliseAddress } from './addresses.ts';
import { headerValues, type Headers } from './headers.ts';

/** How many characters of a header are read. */
const MAX_CHARS = 2_000;

/** Whether a mail has the headers of a mailing list (RFC 2369, RFC 2919). */
export function hasListHeaders(headers: Headers): boolean {
  return headerValues(headers, 'List-Id').length + headerValues(headers, 'List-Post').length > 0;
}

/**
 * Whether a mail came through a list that is not one of the workspace's own addresses. A group that is itself
 * a workspace email (Google Groups) only forwards, so its mail is ordinary mail. If the headers name several
 * lists, one foreign list is enough: the own group is then a subscriber of it.
 * @param ownAddresses normalised addresses that the workspace has or had.
 */
export function isListMail(headers: Headers, ownAddresses: string[]): boolean {
  if (!hasListHeaders(headers)) return false;
  // The list support@acme.test has the id `support.acme.test` (RFC 2919).
  const ownIds = new Set(ownAddresses.map(toListId));
  const listIds = [
    ...headerValues(headers, 'List-Id').map(readListId),
    ...headerValues(headers, 'List-Post').flatMap(postAddresses).map(toListId),
  ];
  return listIds.length === 0 || listIds.some((id) => !ownIds.has(id));
}

const toListId = (address: string): string => address.replace('@', '.');

/** `Acme Support <support.acme.test>`; the name may contain brackets, and some lists omit the brackets. */
function readListId(value: string): string {
  const inside = /<([^<>]*)>[^<>]*$/.exec(value.slice(-MAX_CHARS))?.[1] ?? value;
  return toListId(inside.trim().toLowerCase());
}

/** The addresses in `<https://…/post>, <mailto:support@acme.test?subject=x>`; the value `NO` has none. */
function postAddresses(value: string): string[] {
  return [...value.slice(0, MAX_CHARS).matchAll(/mailto:([^\s<>?,]{1,500})/gi)]
    .map(([, written]) => normaliseAddress(decoded(written!)))
    .filter((address) => address !== null);
}

function decoded(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
