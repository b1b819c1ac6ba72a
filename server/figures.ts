import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ProjectorWatch } from '../projections/source.ts';
import type { StoreMetrics } from './store/store.ts';

/** What `/metrics` shows of the log and the read models. */
export interface Figures {
  registry: Registry;
  store: StoreMetrics;
  projector: ProjectorWatch;
}

export function createFigures(): Figures {
  const registry = new Registry();
  const registers = [registry];
  const projected = new Counter({ name: 'projected_events_total', help: 'Events folded into the read models.', registers });
  const position = new Gauge({ name: 'projected_position', help: 'Log position the read models have reached.', registers });
  const leads = new Gauge({ name: 'projector_leads', help: '1 while this process keeps the read models.', registers });
  const parked = new Counter({
    name: 'parked_streams_total',
    help: 'Streams whose event a projection could not digest.',
    labelNames: ['projection'],
    registers,
  });
  const page = new Histogram({
    name: 'projected_page_seconds',
    help: 'Time to fold and commit a page of events.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  return {
    registry,
    store: {
      command: new Histogram({
        name: 'command_seconds',
        help: 'Time from a command to its durable answer, by name and outcome.',
        labelNames: ['command', 'outcome'],
        buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
        registers,
      }),
      append: new Histogram({
        name: 'append_batch_seconds',
        help: 'Time of one durable append.',
        buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
        registers,
      }),
      batch: new Histogram({
        name: 'append_batch_commands',
        help: 'Commands in one append.',
        buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
        registers,
      }),
    },
    projector: {
      projected(events, milliseconds, reached) {
        projected.inc(events);
        page.observe(milliseconds / 1000);
        position.set(reached);
      },
      parked: (projection) => parked.inc({ projection }),
      leading: (is) => leads.set(is ? 1 : 0),
    },
  };
}
