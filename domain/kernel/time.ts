import { z } from 'zod';

/** Milliseconds of a UTC instant. The domain reads instants that others pass in; it never asks a clock. */
export function millis(instant: string): number {
  return Date.parse(instant);
}

/** The instant `seconds` later, ISO 8601 UTC. */
export function addSeconds(instant: string, seconds: number): string {
  return new Date(millis(instant) + seconds * 1000).toISOString();
}

/** An instant with its zone, given back in UTC with milliseconds. */
export const instant = z.iso
  .datetime({ offset: true })
  .overwrite((value) => (Number.isNaN(millis(value)) ? value : new Date(millis(value)).toISOString()))
  .meta({ example: '2026-11-21T08:30:00.000Z' });

/** A calendar day, `2026-11-21`. */
export const day = z.iso.date().meta({ example: '2026-11-21' });
