import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client';

type Timer = { observe(seconds: number): void };

/**
 * What the edge counts: requests by route template (never by path, which holds ids). The store counts commands. Label children are kept, because looking them up by hash on each request costs more than counting.
 */
export class EdgeMetrics {
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #timers = new Map<string, Timer>();

  constructor(registry: Registry) {
    if (registry.getSingleMetric('process_cpu_user_seconds_total') === undefined) collectDefaultMetrics({ register: registry });
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to its answer, by route template.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    });
  }

  /** `route` is a template such as `/api/leads/{id}/tag`. */
  request(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let timer = this.#timers.get(key);
    if (timer === undefined) {
      timer = this.#requests.labels({ method, route, status: String(status) });
      this.#timers.set(key, timer);
    }
    timer.observe(seconds);
  }
}
