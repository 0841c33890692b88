import { z } from 'zod';
import { shownLine } from './shownLine.ts';

const text = z.string().catch('');
/**
 * `message` is usual, some 400s have `Reason`, gateways `error`; `retry-seconds` is documented on an older
 * page about limits.
 */
const Body = z
  .object({ message: text, Reason: text, error: text, 'retry-seconds': z.number().catch(0) })
  .catch({ message: '', Reason: '', error: '', 'retry-seconds': 0 });

/** The message in an answer, as one line; '' if there is none, or the answer is the page of a proxy. */
export function answerText(body: unknown): string {
  const { message, Reason, error } = Body.parse(body);
  return shownLine(message || Reason || error);
}

/**
 * The wait that an answer asks for: "… try again after 120 seconds", or "… after Mon, 23 Nov 2026 11:00:00
 * GMT".
 * @param now milliseconds, for waits that are given as a date. @returns milliseconds; null if the answer
 * gives no wait.
 */
export function retryAfterMsIn(body: unknown, now: number): number | null {
  const after = /try again (?:after|in) (.+)$/i.exec(answerText(body))?.[1] ?? '';
  const seconds = /^(\d{1,7})(?:\.\d+)? ?s/i.exec(after)?.[1];
  const ms = seconds === undefined ? Date.parse(after.replace(/[.)\s]+$/, '')) - now : Number(seconds) * 1000;
  const wait = Number.isNaN(ms) ? Body.parse(body)['retry-seconds'] * 1000 : ms;
  return wait > 0 ? wait : null;
}
