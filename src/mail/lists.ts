import { normaliseAddress } from './addresses.ts';
import { headerValues, type Headers } from './headers.ts';

/** Characters of a header that are read. */
const READ = 2_000;

/** Whether a mail says that it came through a list (RFC 2369, RFC 2919). */
export function namesList(headers: Headers): boolean {
  return headerValues(headers, 'List-Id').length + headerValues(headers, 'List-Post').length > 0;
}

/**
 * Whether a mail came through a list that is not one of the workspace's own addresses: a group that is itself
 * a workspace email is a forwarder. Where headers name several lists, one foreign one makes it list mail: the
 * own group took part in it.
 * @param own normalised addresses that the workspace has or had.
 */
export function isListMail(headers: Headers, own: string[]): boolean {
  if (!namesList(headers)) return false;
  // RFC 2919: the list support@acme.test has the id `support.acme.test`.
  const ours = new Set(own.map(dotted));
  const named = [
    ...headerValues(headers, 'List-Id').map(idOf),
    ...headerValues(headers, 'List-Post').flatMap(postAddresses).map(dotted),
  ];
  return named.length === 0 || named.some((list) => !ours.has(list));
}

const dotted = (address: string): string => address.replace('@', '.');

/** `Acme Support <support.acme.test>`; the name may hold brackets, and some leave them all out. */
function idOf(value: string): string {
  const inside = /<([^<>]*)>[^<>]*$/.exec(value.slice(-READ))?.[1] ?? value;
  return dotted(inside.trim().toLowerCase());
}

/** `<https://…/post>, <mailto:support@acme.test?subject=x>`; `NO` names none. */
function postAddresses(value: string): string[] {
  return [...value.slice(0, READ).matchAll(/mailto:([^\s<>?,]{1,500})/gi)]
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
