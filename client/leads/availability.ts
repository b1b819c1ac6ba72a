import type { FloorRow } from '../../projections/leads/rows.ts';
import { serverClock } from '../sync/clock.ts';
import { send } from '../sync/commands.ts';
import { type MenuItem, openMenu } from '../ui/menu.ts';
import { toast } from '../ui/toast.ts';
import { time } from '../words/format.ts';
import { whyRefused } from '../words/refusals.ts';
import { t } from '../words/words.ts';

const MINUTE = 60_000;

async function change(row: FloorRow, verb: 'pause' | 'resume' | 'step-away', until: string | null): Promise<void> {
  const availability = ({ pause: 'paused', resume: 'available', 'step-away': 'away' } as const)[verb];
  try {
    await send<FloorRow>({
      type: `agent.${verb}`,
      stream: row.id,
      data: until === null ? {} : { until },
      patch: (agent) => ({ ...agent, availability, pausedUntil: until }),
    });
  } catch (error) {
    toast({ text: `${row.fullName}: ${whyRefused(error)}`, tone: 'bad' });
  }
}

export function resumeAgent(row: FloorRow): Promise<void> {
  return change(row, 'resume', null);
}

/** For how long somebody takes no new leads. */
export function openAvailabilityMenu(anchor: Element, row: FloorRow): void {
  const now = serverClock.now();
  const pause = (minutes: number, label: string): MenuItem => {
    const until = new Date(now + minutes * MINUTE).toISOString();
    return { label, icon: 'pause', hint: time(until), onSelect: () => void change(row, 'pause', until) };
  };
  openMenu(
    anchor,
    [
      {
        title: t('floor.pauseFor'),
        items: [
          pause(15, t('floor.minutes', { count: 15 })),
          pause(60, t('floor.minutes', { count: 60 })),
          { label: t('floor.untilResumed'), icon: 'pause', onSelect: () => void change(row, 'pause', null) },
        ],
      },
      { items: [{ label: t('floor.stepAway'), icon: 'door', onSelect: () => void change(row, 'step-away', null) }] },
    ],
    { label: t('floor.pauseFor') },
  );
}
