import { me, type Stage } from '../sync/session.ts';
import { named } from '../words/words.ts';

/** Stages of the organization's pipeline in order. */
export function stages(): Stage[] {
  return me().pipeline.stages;
}

export function stageOf(status: string): Stage | undefined {
  return stages().find((stage) => stage.key === status);
}

/** A stage's name in the person's language. */
export function stageName(status: string): string {
  return named('stage', status, stageOf(status)?.label ?? status);
}

export function sourceName(source: string): string {
  return named('source', source, source);
}

export function propertyTypeName(type: string): string {
  return named('propertyType', type, type);
}

/** Where a lead may go from its stage, in the pipeline's order. */
export function movesFrom(status: string): Stage[] {
  const allowed = new Set(me().pipeline.moves[status] ?? []);
  return stages().filter((stage) => allowed.has(stage.key));
}

/** A language people speak: `arabic`. */
export function languageName(language: string): string {
  return named('language', language, language.charAt(0).toLocaleUpperCase() + language.slice(1));
}
