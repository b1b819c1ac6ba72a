import { b2bSales } from './b2b-sales.ts';
import { brokerage } from './brokerage.ts';
import type { Preset } from './preset.ts';
import { recruiting } from './recruiting.ts';
import { uaeRealEstate } from './uae-real-estate.ts';
import { usRealEstate } from './us-real-estate.ts';

/** The five presets, in the order the demo floor makes them. */
export const presets: readonly Preset[] = [uaeRealEstate, usRealEstate, b2bSales, recruiting, brokerage];

export function presetNamed(slug: string): Preset | undefined {
  return presets.find((preset) => preset.slug === slug);
}
