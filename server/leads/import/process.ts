import { ZodError } from 'zod';
import { everything } from '../../../domain/identity/audience.ts';
import type { OrganizationState } from '../../../domain/identity/organization.ts';
import type { Actor } from '../../../domain/kernel/aggregate.ts';
import { uuidv5 } from '../../../domain/kernel/ids.ts';
import { Rejection } from '../../../domain/kernel/rejection.ts';
import { oneOf } from '../../../domain/kernel/text.ts';
import type { LeadState } from '../../../domain/leads/lead/facts.ts';
import type { OperationState } from '../../../domain/leads/operation.ts';
import type { PipelineState } from '../../../domain/leads/pipeline.ts';
import type { BulkOutcome, EventStore } from '../../store/store.ts';
import { Rehearsal } from '../rehearsal.ts';
import type { Mapping } from './mapping.ts';
import type { Profile } from './profile.ts';
import { type LeadData, readRow } from './row.ts';
import type { Cell, Sheet, SheetRow } from './sheet.ts';

/** What became of the rows; the five add up to all of them. */
export interface ImportCounts {
  created: number;
  updated: number;
  duplicate: number;
  invalid: number;
  skipped: number;
}

export interface ImportParts {
  store: Pick<EventStore, 'execute' | 'load' | 'bulkAppend'>;
  /** Which leads of the organization have these external ids: external id → lead id. */
  leadsByExternalId(organizationId: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  now: () => number;
  newId: () => string;
}

export interface ImportPlan {
  organizationId: string;
  sheet: Sheet;
  profile: Profile;
  mapping: Mapping;
  /** Decides everything and writes nothing. */
  dryRun: boolean;
  onProgress?: (done: number, counts: ImportCounts) => void;
  /** A row that brought no lead, and why. */
  onReject?: (row: SheetRow, reason: string) => Promise<void> | void;
}

export interface ImportReport {
  operationId: string;
  counts: ImportCounts;
  /** The same file with the same mapping had been imported before; nothing was looked at again. */
  before: boolean;
}

const importer: Actor = { id: 'system:import', agentId: null, name: 'Import', role: 'owner', audience: everything };
const chunkRows = 1000;
const editsAtOnce = 64;

type Fate = keyof ImportCounts;

interface Item {
  row: SheetRow;
  data: LeadData;
  id: string;
}

/**
 * Imports a sheet of leads. A row is known by its external id, else by its place in the file, so the same file twice
 * creates nothing twice; a row whose lead is there already updates it where it says something else. Rows are decided by
 * the rules of the domain and appended by the thousand; every one ends in exactly one of the counts.
 */
export async function importSheet(parts: ImportParts, plan: ImportPlan): Promise<ImportReport> {
  const run = new ImportRun(parts, plan);
  return run.run();
}

class ImportRun {
  readonly #parts: ImportParts;
  readonly #plan: ImportPlan;
  readonly #operationId: string;
  readonly #rehearsal: Rehearsal;
  readonly #counts: ImportCounts = { created: 0, updated: 0, duplicate: 0, invalid: 0, skipped: 0 };
  /** Lead id → the line that brought it. */
  readonly #seen = new Map<string, number>();
  #organization!: OrganizationState;

  constructor(parts: ImportParts, plan: ImportPlan) {
    const { organizationId, sheet, mapping } = plan;
    this.#parts = parts;
    this.#plan = plan;
    this.#operationId = uuidv5(organizationId, `import ${sheet.hash} ${JSON.stringify(mapping)}`);
    this.#rehearsal = new Rehearsal(organizationId, parts.newId);
  }

  async run(): Promise<ImportReport> {
    const { store } = this.#parts;
    const { organizationId, sheet, profile, dryRun } = this.#plan;
    for (const type of ['organization', 'pipeline'] as const) {
      const { state } = await store.load<OrganizationState | PipelineState>(organizationId, { type, id: organizationId });
      this.#rehearsal.know({ type, id: organizationId }, state);
    }
    this.#organization = this.#rehearsal.state<OrganizationState>('organization', organizationId);
    const total = profile.rows + profile.empty;
    const operation = await store.load<OperationState>(organizationId, { type: 'operation', id: this.#operationId });
    if (operation.version > 0 && operation.state.status === 'completed') {
      this.#counts.skipped = total;
      return { operationId: this.#operationId, counts: this.#counts, before: true };
    }
    if (!dryRun && operation.version === 0) await this.#tell('operation.start', { kind: 'import', label: sheet.name, total });
    await this.#everyRow();
    // Blank lines of a file are no rows to its reader, but they are lines that were counted.
    this.#counts.skipped += Math.max(0, total - this.#done);
    if (!dryRun) await this.#tell('operation.complete', { total, counts: this.#counts });
    return { operationId: this.#operationId, counts: this.#counts, before: false };
  }

  get #done(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  async #tell(type: string, data: object): Promise<void> {
    await this.#parts.store.execute({ type, organizationId: this.#plan.organizationId, actor: importer, id: this.#operationId, data });
  }

  async #everyRow(): Promise<void> {
    let chunk: SheetRow[] = [];
    const flush = async () => {
      await this.#chunk(chunk);
      chunk = [];
      this.#plan.onProgress?.(this.#done, { ...this.#counts });
      if (!this.#plan.dryRun) await this.#tell('operation.progress', { done: this.#done, counts: { ...this.#counts } });
    };
    for await (const row of this.#plan.sheet.rows()) {
      chunk.push(row);
      if (chunk.length === chunkRows) await flush();
    }
    if (chunk.length > 0) await flush();
  }

  async #fate(fate: Fate, row: SheetRow, reason?: string): Promise<void> {
    this.#counts[fate] += 1;
    if (reason !== undefined) await this.#plan.onReject?.(row, reason);
  }

  async #chunk(rows: readonly SheetRow[]): Promise<void> {
    const { organizationId } = this.#plan;
    const items = await this.#items(rows);
    const externalIds = items.flatMap(({ data }) => (data.externalId === undefined ? [] : [data.externalId]));
    const known = externalIds.length > 0 ? await this.#parts.leadsByExternalId(organizationId, externalIds) : new Map<string, string>();
    const fresh: Item[] = [];
    const there: Item[] = [];
    for (const item of items) {
      const id = item.data.externalId === undefined ? undefined : known.get(item.data.externalId);
      if (id === undefined) fresh.push(item);
      else there.push({ ...item, id });
    }
    there.push(...(await this.#capture(fresh)));
    for (let from = 0; from < there.length; from += editsAtOnce) {
      await Promise.all(there.slice(from, from + editsAtOnce).map((item) => this.#update(item)));
    }
    this.#rehearsal.forgetLeads();
  }

  /** Rows that can be read, each with the id of its lead; the others meet their fate here. */
  async #items(rows: readonly SheetRow[]): Promise<Item[]> {
    const items: Item[] = [];
    for (const row of rows) {
      if (row.cells.every((cell: Cell) => cell === null)) {
        await this.#fate('skipped', row);
        continue;
      }
      const { data, problems } = readRow(row.cells, this.#plan.mapping, this.#organization);
      const name = data.externalId === undefined ? `row ${this.#plan.sheet.hash} ${row.line}` : `external id ${data.externalId}`;
      const id = uuidv5(this.#plan.organizationId, name);
      const before = this.#seen.get(id);
      if (problems.length > 0) await this.#fate('invalid', row, problems.join('; '));
      else if (before !== undefined) await this.#fate('duplicate', row, `externalId: the same as in line ${before}`);
      else {
        this.#seen.set(id, row.line);
        items.push({ row, data, id });
      }
    }
    return items;
  }

  /** Captures new leads; answers those that turn out to be there already. */
  async #capture(items: readonly Item[]): Promise<Item[]> {
    const { organizationId, dryRun } = this.#plan;
    const at = new Date(this.#parts.now()).toISOString();
    const decided: Item[] = [];
    for (const item of items) {
      try {
        this.#rehearsal.tell(importer, at, 'lead.capture', item.id, { ...item.data, operationId: this.#operationId });
        decided.push(item);
      } catch (error) {
        await this.#fate('invalid', item.row, reasonOf(error));
      }
    }
    const streams = this.#rehearsal.script();
    if (dryRun) {
      this.#counts.created += decided.length;
      return [];
    }
    const outcomes = await this.#parts.store.bulkAppend(organizationId, importer, streams);
    const there: Item[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const item = decided[index];
      if (item && !(await this.#settled(item, outcome))) there.push(item);
    }
    return there;
  }

  async #settled(item: Item, outcome: BulkOutcome): Promise<boolean> {
    if (outcome.ok) await this.#fate('created', item.row);
    else if (!(outcome.rejection instanceof Rejection)) throw outcome.rejection;
    else if (outcome.rejection.code === 'id.in-use' || outcome.rejection.code === 'version.conflict') return false;
    else await this.#refused(item, outcome.rejection);
    return true;
  }

  async #refused({ row }: Item, rejection: Rejection): Promise<void> {
    const { existing } = rejection.extra as { existing?: { id: string } };
    if (rejection.code === 'lead.duplicate') await this.#fate('duplicate', row, `${rejection.message} (${existing?.id ?? 'unknown'})`);
    else if (rejection.status === 404) await this.#fate('skipped', row, 'the lead was deleted here');
    else await this.#fate('invalid', row, reasonOf(rejection));
  }

  /** Brings what the row says to a lead that is there. Its stage and owner are people's work: an import leaves them. */
  async #update(item: Item): Promise<void> {
    const { tags = [], status: _status, ...fields } = item.data;
    try {
      const { state } = await this.#parts.store.load<LeadState>(this.#plan.organizationId, { type: 'lead', id: item.id });
      const missing = tags.filter((tag) => oneOf(state.tags, tag) === undefined);
      const steps = [
        { type: 'lead.edit', data: fields as object },
        ...missing.map((tag) => ({ type: 'lead.tag', data: { tag } as object })),
      ];
      const changed = this.#plan.dryRun ? this.#wouldChange(item.id, state, steps) : await this.#change(item.id, steps);
      await this.#fate(changed ? 'updated' : 'skipped', item.row);
    } catch (error) {
      if (error instanceof Rejection) await this.#refused(item, error);
      else if (error instanceof ZodError) await this.#fate('invalid', item.row, reasonOf(error));
      else throw error;
    }
  }

  async #change(id: string, steps: { type: string; data: object }[]): Promise<boolean> {
    let changed = false;
    for (const { type, data } of steps) {
      const answer = await this.#parts.store.execute({ type, organizationId: this.#plan.organizationId, actor: importer, id, data });
      changed ||= type !== 'lead.edit' || (answer.changed as string[]).length > 0;
    }
    return changed;
  }

  #wouldChange(id: string, state: LeadState, steps: { type: string; data: object }[]): boolean {
    this.#rehearsal.know({ type: 'lead', id }, state);
    const at = new Date(this.#parts.now()).toISOString();
    for (const { type, data } of steps) this.#rehearsal.tell(importer, at, type, id, data);
    return this.#rehearsal.script().length > 0;
  }
}

/** Why a row was refused, for the person who has to mend it. */
function reasonOf(error: unknown): string {
  if (error instanceof ZodError) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  if (!(error instanceof Rejection)) throw error;
  if (error.status === 400) return error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ') || error.message;
  return error.message;
}
