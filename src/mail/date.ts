const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const RFC5322 =
  /\b(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[a-z]{1,5})?/i;
/** Hours from UTC of the zone names in RFC 5322 4.3; any other name counts as UTC. */
const ZONES = new Map(
  Object.entries({ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 }),
);
/** Plausible years of a mail; every database can store these. */
const YEARS = { first: 1970, last: 2999 };

/**
 * Parses a Date header (RFC 5322 3.3, also ISO 8601), independently of the machine's time zone; null if it
 * cannot.
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

/** Two digits below 50 mean 2000 + n; other years of two or three digits mean 1900 + n (RFC 5322 4.3). */
function fullYear(written: string): number {
  const year = Number(written);
  if (written.length === 4) return year;
  return year + (year < 50 ? 2000 : 1900);
}

function zoneMinutes(zone = ''): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2})(\d{2})$/.exec(zone) ?? [];
  if (!sign) return (ZONES.get(zone.toLowerCase()) ?? 0) * 60;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
