/** Times that are asked for often, for snooze and send later. Pure: `now` is given. */
export interface Later {
  id: 'laterToday' | 'tomorrow' | 'monday' | 'week';
  at: Date;
}

const MORNING_HOUR = 8;
const LAST_HOUR = 20;

export function laterThan(now: Date): Later[] {
  const later: Later[] = [];
  const soon = new Date(now);
  soon.setHours(now.getHours() + 3, 0, 0, 0);
  if (soon.getDate() === now.getDate() && soon.getHours() <= LAST_HOUR)
    later.push({ id: 'laterToday', at: soon });
  later.push({ id: 'tomorrow', at: morning(now, 1) });
  const toMonday = (8 - now.getDay()) % 7 || 7;
  // On a Sunday tomorrow is Monday.
  if (toMonday > 1) later.push({ id: 'monday', at: morning(now, toMonday) });
  later.push({ id: 'week', at: morning(now, 7) });
  return later;
}

function morning(now: Date, days: number): Date {
  const at = new Date(now);
  at.setDate(now.getDate() + days);
  at.setHours(MORNING_HOUR, 0, 0, 0);
  return at;
}

/** The value of a `datetime-local` field, in the reader's own zone. */
export function localValue(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
