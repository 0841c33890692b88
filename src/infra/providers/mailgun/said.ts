import { z } from 'zod';
import { oneLine } from './words.ts';

const text = z.string().catch('');
/** `{message}`, some 400s `{Reason}`, a gateway's `{error}`; `retry-seconds` is from an older page about limits. */
const Body = z
  .object({ message: text, Reason: text, error: text, 'retry-seconds': z.number().catch(0) })
  .catch({ message: '', Reason: '', error: '', 'retry-seconds': 0 });

/** What an answer says in words, as one line; '' for a page of a proxy, and where it says nothing. */
export function saidIn(body: unknown): string {
  const { message, Reason, error } = Body.parse(body);
  return oneLine(message || Reason || error);
}

/**
 * "… try again after 120 seconds", or "… after Mon, 23 Nov 2026 11:00:00 GMT".
 * @param now milliseconds, for waits that are told as a date. @returns milliseconds; null when it does not say.
 */
export function waitMs(body: unknown, now: number): number | null {
  const after = /try again (?:after|in) (.+)$/i.exec(saidIn(body))?.[1] ?? '';
  const seconds = /^(\d{1,7})(?:\.\d+)? ?s/i.exec(after)?.[1];
  const ms = seconds === undefined ? Date.parse(after.replace(/[.)\s]+$/, '')) - now : Number(seconds) * 1000;
  const told = Number.isNaN(ms) ? Body.parse(body)['retry-seconds'] * 1000 : ms;
  return told > 0 ? told : null;
}
