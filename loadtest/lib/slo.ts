/**
 * What is promised, as k6 thresholds: how fast a change reaches every watcher by the number of watchers (Q3), and what
 * may never happen at any load.
 */
export const never: Record<string, string[]> = {
  push_gaps: ['count==0'],
  push_doubles: ['count==0'],
  sockets_failed: ['count==0'],
  commands_refused: ['count==0'],
  dropped_iterations: ['count==0'],
};

/** Milliseconds from the intended sending of a command to a watcher's data, commit included, at 50 commands a second. */
export function pushLatency(watchers: number): string[] {
  if (watchers <= 200) return ['p(50)<=8', 'p(99)<=25'];
  return watchers <= 1_000 ? ['p(99)<=100'] : ['p(99)<=200'];
}
