import { domainToASCII } from 'node:url';
import libmime from 'libmime';
import addressparser from 'nodemailer/lib/addressparser';
import { caps } from './caps.ts';
import { storable } from './text.ts';

/** An address in a form for display: `email` as written (trimmed), `name` decoded, empty if there is none. */
export interface Address {
  email: string;
  name: string;
}

/** Longest text that is accepted as an address. RFC 5321 allows 320 characters; some relays write more. */
const MAX_LENGTH = 500;
const LOCAL_PART = /^(?:[^\s"<>(),:;@\\[\]\p{Cc}]+|"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*")$/u;
// Characters that end or change a host for the URL parser behind domainToASCII.
const DOMAIN = /^[^\s"<>(),:;@\\[\]/?#%\p{Cc}]+$/u;
const DOMAIN_LITERAL = /^\[[0-9a-z.:]+\]$/;

/**
 * The form in which addresses are compared: lower case, IDN to ASCII, nothing else.
 * @returns null when the text is not an address.
 */
export function normaliseAddress(email: string): string | null {
  const written = email.trim().toLowerCase();
  const at = written.lastIndexOf('@');
  if (at < 1 || written.length > MAX_LENGTH) return null;
  const local = written.slice(0, at);
  const domain = written.slice(at + 1);
  if (!LOCAL_PART.test(local)) return null;
  if (DOMAIN_LITERAL.test(domain)) return written;
  const ascii = DOMAIN.test(domain) ? domainToASCII(domain) : '';
  return ascii === '' ? null : `${local}@${ascii}`;
}

/** `ann+orders@x.test` -> `ann@x.test`. @returns null when the address has no tag. */
export function withoutTag(normalised: string): string | null {
  const at = normalised.lastIndexOf('@');
  const plus = normalised.indexOf('+');
  if (plus < 1 || plus > at || normalised.startsWith('"')) return null;
  return normalised.slice(0, plus) + normalised.slice(at);
}

/**
 * Parses an address header tolerantly (RFC 5322 3.4). Groups are flattened. Encoded words are decoded after
 * the list is split, so that a comma in one does not separate addresses. Entries without `@` are left out.
 * Never throws; returns at most `caps.addresses`.
 */
export function parseAddressList(value: string): Address[] {
  const list: Address[] = [];
  // Without quotes, `Lee, Ann <ann@x.test>` is parsed as the two entries `Lee` and `Ann <ann@x.test>`.
  let familyName = '';
  for (const { address, name } of addressparser(value.slice(0, caps.headerBytes), { flatten: true })) {
    const email = storable(address.trim());
    const shown = decodeName(name);
    if (email.includes('@') && email.length <= MAX_LENGTH) {
      list.push({ email, name: familyName && shown ? `${familyName}, ${shown}` : shown });
      familyName = '';
      if (list.length === caps.addresses) break;
    } else {
      familyName = shown || email;
    }
  }
  return list;
}

function decodeName(name: string): string {
  return storable(libmime.decodeWords(name)).replace(/\s+/g, ' ').trim();
}

/** `Ann Lee <ann@x.test>`, with quotes if RFC 5322 requires them; only the address if there is no name. */
export function formatAddress({ email, name }: Address): string {
  const shown = name.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  if (shown === '') return email;
  const phrase = /["(),.:;<>@[\\\]]/.test(shown) ? `"${shown.replace(/["\\]/g, '\\$&')}"` : shown;
  return `${phrase} <${email}>`;
}

/** The part after the `@` of a normalised address. */
export const domainPart = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
