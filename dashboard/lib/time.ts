/** Times in the reader's own zone and language. Pure: `now` is given. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const minutes = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'minute', unitDisplay: 'short' });
const hours = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'hour', unitDisplay: 'short' });
const days = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'day', unitDisplay: 'short' });

/** For a row of a list: `now`, `5 min`, `10:12`, `Fri`, `3 Oct`, `3 Oct 2025`. */
export function age(at: string | Date, now: Date, justNow: string): string {
  const then = new Date(at);
  const ago = now.getTime() - then.getTime();
  // The page's clock is read every half minute, and the server's may be ahead.
  if (ago > -2 * MINUTE && ago < MINUTE) return justNow;
  if (ago >= 0 && ago < HOUR) return minutes.format(Math.floor(ago / MINUTE));
  if (sameDay(then, now)) return clock.format(then);
  if (ago >= 0 && ago < 6 * DAY) return weekday.format(then);
  return then.getFullYear() === now.getFullYear() ? dayMonth.format(then) : dayMonthYear.format(then);
}

/** For a message: `10:31` today, else `Fri 10:31` or `3 Oct 10:31`. */
export function moment(at: string | Date, now: Date): string {
  const then = new Date(at);
  if (sameDay(then, now)) return clock.format(then);
  const near = Math.abs(now.getTime() - then.getTime()) < 6 * DAY;
  const day = near ? weekday : then.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear;
  return `${day.format(then)} ${clock.format(then)}`;
}

/** How long somebody waits: `12 min`, `3 h`, `2 days`. */
export function span(ms: number): string {
  if (ms < HOUR) return minutes.format(Math.max(1, Math.floor(ms / MINUTE)));
  return ms < 2 * DAY ? hours.format(Math.floor(ms / HOUR)) : days.format(Math.floor(ms / DAY));
}

/** The exact time, for a tooltip. */
export const exact = (at: string | Date): string => whole.format(new Date(at));

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();
