const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const RFC5322 =
  /\b(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[a-z]{1,5})?/i;
/**
 * Hours from UTC of the zones that RFC 5322 4.3 still names; any other name says nothing and counts as UTC.
 */
const ZONES = new Map(
  Object.entries({ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 }),
);
/** Years that a mail can be of; also what every store can hold. */
const YEARS = { first: 1970, last: 2999 };

/**
 * Instant of a Date header (RFC 5322 3.3, also ISO 8601), the same on every machine; null when it is none.
 */
export function readDate(value: string): Date | null {
  const [, day, month, year, hour, minute, second, zone] = RFC5322.exec(value.slice(0, 200)) ?? [];
  if (!day) return isoDate(value.trim());
  const date = new Date(
    Date.UTC(
      fullYear(year!),
      MONTHS.indexOf(month!.toLowerCase()),
      +day,
      +hour!,
      +minute! - zoneMinutes(zone),
      +(second ?? 0),
    ),
  );
  const valid =
    MONTHS.includes(month!.toLowerCase()) &&
    +day <= 31 &&
    +hour! <= 24 &&
    +minute! < 60 &&
    +(second ?? 0) <= 60;
  return valid ? inRange(date) : null;
}

function isoDate(value: string): Date | null {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[\d:.]*(?:Z|[+-]\d{2}:?\d{2})$/i.test(value)
    ? inRange(new Date(value))
    : null;
}

function inRange(date: Date): Date | null {
  const year = date.getUTCFullYear();
  return year >= YEARS.first && year <= YEARS.last ? date : null;
}

/** RFC 5322 4.3: two digits below 50 are 20xx; two and three digits from there 1900 + n. */
function fullYear(year: string): number {
  const n = Number(year);
  if (year.length === 4) return n;
  return n + (n < 50 ? 2000 : 1900);
}

function zoneMinutes(zone = ''): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2})(\d{2})$/.exec(zone) ?? [];
  if (!sign) return (ZONES.get(zone.toLowerCase()) ?? 0) * 60;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
