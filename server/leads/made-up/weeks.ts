import type { Preset } from '../../../domain/leads/presets/preset.ts';
import type { Chance } from './chance.ts';
import type { Life } from './life.ts';
import { longNamed, somebody } from './people.ts';
import type { Business } from './wishes.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** When a life happens and how far it comes; `Life` without the person. */
export type Course = Pick<Life, 'status' | 'agent' | 'capturedAtMs' | 'assignedAtMs' | 'contactedAtMs' | 'arrivedAtMs'>;

/** How soon a new lead hears from somebody: mostly within a few minutes, sometimes late. */
export function contactAfter(chance: Chance, responseMinutes: number, lateShare: number): number {
  const target = responseMinutes * minute;
  if (chance.chance(lateShare)) return target * (1.1 + chance.next() * 2.5);
  return Math.min(chance.around(4 * minute), target * 0.9);
}

/** Where and when a worked lead of that age stands: it goes on for hours and days, and the old ones have ended. */
export function courseOf(
  chance: Chance,
  preset: Pick<Preset, 'stages' | 'responseMinutes'>,
  capturedAtMs: number,
  nowMs: number,
  agent: number | null,
  lateShare: number,
): Course {
  const ageDays = (nowMs - capturedAtMs) / day;
  const open = preset.stages.filter(({ kind }) => kind === 'open').slice(1);
  const ended = preset.stages.filter(({ kind }) => kind !== 'open');
  const isOver = ended.length > 0 && chance.chance(Math.min(0.85, (ageDays - 1) / 26));
  const weights = Object.fromEntries(ended.map(({ key, kind }) => [key, kind === 'won' ? 10 : kind === 'lost' ? 14 : 2]));
  // One stage is reached in a day or two; nobody negotiates on the first evening.
  const furthest = Math.min(open.length, 1 + Math.floor(ageDays / 1.4));
  const status = isOver ? chance.weighted(weights) : (open[Math.floor(chance.next() * furthest)]?.key ?? '');
  const contactedAtMs = Math.min(nowMs, capturedAtMs + contactAfter(chance, preset.responseMinutes, lateShare));
  const assignedAtMs = capturedAtMs + (contactedAtMs - capturedAtMs) * (0.1 + chance.next() * 0.4);
  const arrivedAtMs = contactedAtMs + (nowMs - contactedAtMs) * (0.35 + chance.next() * 0.6);
  return { status, agent, capturedAtMs, assignedAtMs, contactedAtMs, arrivedAtMs };
}

/** Midnight of the present day in a time zone. */
export function midnightIn(timezone: string, nowMs: number): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const [hours = 0, minutes = 0, seconds = 0] = clock.format(nowMs).split(':').map(Number);
  return Math.floor(nowMs / 1000) * 1000 - ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** When leads came in the last thirty days: most in working hours, none in the last three quarters of an hour. */
function arrivals(chance: Chance, midnightMs: number, nowMs: number): number[] {
  const times: number[] = [];
  for (let back = 29; back >= 1; back -= 1) {
    for (let count = chance.whole(7, 10); count > 0; count -= 1) times.push(midnightMs - back * day + workingHour(chance));
  }
  const from = Math.max(midnightMs, nowMs - 13 * hour);
  const until = nowMs - 45 * minute;
  if (until > from) for (let count = 14; count > 0; count -= 1) times.push(from + (until - from) * Math.sqrt(chance.next()));
  return times;
}

function workingHour(chance: Chance): number {
  return (chance.chance(0.85) ? 8.5 + (chance.next() + chance.next()) * 5.5 : chance.next() * 24) * hour;
}

/** Active leads that each of the eight agents is to hold in the end: not everybody carries the same. */
const held = [27, 24, 21, 18, 15, 25, 22, 19];
/** Agents with a lead that waits for its first answer, and for how many minutes; the others have answered all. */
const waitingMinutes: readonly (readonly [agent: number, minutes: number])[] = [
  [2, 34],
  [4, 22],
  [0, 6],
  [1, 4],
  [6, 2],
];
/** Minutes since the leads came that nobody owns yet. */
const unownedMinutes = [1, 3, 6, 9, 13, 18, 24, 31, 38];
/** The agent who answers late more often than the others. */
const slowAgent = 3;

/** The last thirty days of a floor where the work gets done: what the demo shows. */
export function monthOf(preset: Preset, business: Business, chance: Chance, nowMs: number): Life[] {
  const first = preset.stages[0]?.key ?? '';
  const open = new Set(preset.stages.filter(({ kind }) => kind === 'open').map(({ key }) => key));
  const left = held.map((count, agent) => count - (waitingMinutes.some(([waiting]) => waiting === agent) ? 1 : 0));
  const courses: Course[] = [];
  const midnightMs = midnightIn(preset.timezone, nowMs);
  for (const capturedAtMs of arrivals(chance, midnightMs, nowMs).sort((one, other) => other - one)) {
    const agent = chance.whole(0, held.length - 1);
    let course = courseOf(chance, preset, capturedAtMs, nowMs, agent, agent === slowAgent ? 0.4 : 0.09);
    if (open.has(course.status)) {
      const taker = [agent, ...left.keys()].find((each) => (left[each] ?? 0) > 0);
      if (taker === undefined) course = ended(chance, preset, course, nowMs);
      else {
        left[taker] = (left[taker] ?? 0) - 1;
        course = { ...course, agent: taker };
      }
    }
    courses.push(course);
  }
  endToday(chance, courses, open, nowMs);
  for (const [agent, minutes] of waitingMinutes) courses.push(waits(first, agent, nowMs - minutes * minute - chance.whole(1, 50) * 1000));
  for (const minutes of unownedMinutes) courses.push(waits(first, null, nowMs - minutes * minute - chance.whole(1, 50) * 1000));
  return courses.map((course, index) => ({
    ...course,
    id: chance.id(course.capturedAtMs),
    index,
    nowMs,
    person: index === 20 ? longNamed : somebody(chance, business.arabicShare, business.inArabicScript),
  }));
}

function waits(status: string, agent: number | null, capturedAtMs: number): Course {
  const assignedAtMs = capturedAtMs + 20_000;
  return { status, agent, capturedAtMs, assignedAtMs, contactedAtMs: assignedAtMs, arrivedAtMs: assignedAtMs };
}

/** No agent has place for it as an open lead: it has ended by now. */
function ended(chance: Chance, preset: Preset, course: Course, nowMs: number): Course {
  const closed = preset.stages.filter(({ kind }) => kind === 'won' || kind === 'lost');
  const arrivedAtMs = course.contactedAtMs + (nowMs - course.contactedAtMs) * (0.2 + chance.next() * 0.75);
  return { ...course, status: chance.pick(closed).key, arrivedAtMs };
}

/** Some ends are of today, so that the board's won and lost are not empty. */
function endToday(chance: Chance, courses: Course[], open: ReadonlySet<string>, nowMs: number): void {
  let count = 0;
  for (const course of courses) {
    if (open.has(course.status) || nowMs - course.capturedAtMs < 2 * day) continue;
    if (count >= 6) return;
    course.arrivedAtMs = nowMs - (0.3 + chance.next() * 14) * hour;
    count += 1;
  }
}
