import { type Problem, Refused } from '../sync/wire.ts';
import { named, t } from './words.ts';

/** What happened and what to do, in the person's language, of anything that a command or a fetch may throw. */
export function whyRefused(error: unknown): string {
  if (error instanceof Refused) return whyProblem(error.problem);
  if (error instanceof TypeError || (error instanceof Error && error.message === 'not connected')) return t('error.offline');
  return t('error.unknown', { why: error instanceof Error ? error.message : String(error) });
}

export function whyProblem(problem: Problem): string {
  return named('error', problem.code, problem.detail ?? problem.title);
}
