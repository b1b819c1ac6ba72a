const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, Map<number, string>>();
/** Offsets of zones change at quarters of an hour at most often, so all instants of a quarter share their day. */
const quarterHour = 900_000;

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (!format) {
    // Swedish writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timezone, format);
  }
  return format;
}

/** The calendar day of an instant in a time zone, `2026-11-21`. */
export function dayOf(instant: string, timezone: string): string {
  const quarter = Math.floor(Date.parse(instant) / quarterHour);
  let known = days.get(timezone);
  if (!known || known.size > 50_000) {
    known = new Map();
    days.set(timezone, known);
  }
  let day = known.get(quarter);
  if (day === undefined) {
    day = formatOf(timezone).format(quarter * quarterHour);
    known.set(quarter, day);
  }
  return day;
}

const quarters = new Map<number, string>();

/** The quarter of an hour an instant falls into, by its beginning in UTC: `2026-11-21T08:15Z`. */
export function quarterOf(instant: string): string {
  const quarter = Math.floor(Date.parse(instant) / quarterHour);
  let text = quarters.get(quarter);
  if (text === undefined) {
    if (quarters.size > 50_000) quarters.clear();
    text = `${new Date(quarter * quarterHour).toISOString().slice(0, 16)}Z`;
    quarters.set(quarter, text);
  }
  return text;
}
