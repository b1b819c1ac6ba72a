import { uaeRealEstate } from '../../domain/leads/presets/uae-real-estate.ts';
import { randomBy, ScriptedFloor, type Step, startScripted } from '../../server/live/scripted-floor.ts';

/**
 * The sending side of `board.ts`, in a process of its own: our live hub over a scripted floor of many leads, changing
 * at a given rate. One change in ten moves a lead to another stage, the others change it where it stands.
 */
export interface BoardOrder {
  rate: number;
}

export interface BoardReady {
  url: string;
  token: string;
  leads: number;
}

const organizationId = '01920000-0000-7000-8000-000000000001';
const batchMs = 25;
const movesOneIn = 10;
const random = randomBy(20_261_121);
const pick = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value;
const open = uaeRealEstate.stages.filter((stage) => stage.kind === 'open').map((stage) => stage.key);
const started = Date.now();
const agents = Array.from({ length: 40 }, (_, index) => `01920000-0000-7000-8000-${String(9_000 + index).padStart(12, '0')}`);

interface Lead {
  status: string;
  agentId: string | null;
  statusChangedAt: string;
  budgetMax: number;
  score: number;
}

const count = Number(process.argv[2] ?? '20000');
const leads = Array.from({ length: count }, (_, index): Lead & { key: string } => ({
  key: `01920000-0000-7000-9000-${String(index).padStart(12, '0')}`,
  status: pick(open),
  agentId: random(8) === 0 ? null : pick(agents),
  statusChangedAt: new Date(started - random(30 * 86_400) * 1000).toISOString(),
  budgetMax: (random(90) + 5) * 10_000_000,
  score: random(100),
}));

function step(lead: Lead & { key: string }): Step {
  const { key, ...facts } = lead;
  const row = {
    ...facts,
    id: key,
    name: `Lead ${key.slice(-5)}`,
    company: null,
    jobTitle: null,
    source: 'website',
    propertyType: 'apartment',
    location: null,
    preferredAreas: ['Dubai Marina'],
    budgetMin: null,
    value: null,
    currency: 'AED',
    phone: null,
    tags: [],
    temperature: null,
    incomplete: false,
    capturedAt: lead.statusChangedAt,
    assignedAt: null,
    firstContactedAt: null,
    respondBy: null,
    nextTaskAt: null,
    closedAt: null,
    updatedAt: lead.statusChangedAt,
  };
  return {
    organizationId,
    view: 'board',
    key,
    scope: lead.agentId === null ? 'unassigned' : `agent:${lead.agentId}`,
    row,
    status: lead.status,
  };
}

function change(): Step {
  const lead = pick(leads);
  lead.score = random(100);
  if (random(movesOneIn) === 0) {
    lead.status = pick(open);
    lead.statusChangedAt = new Date().toISOString();
  }
  return step(lead);
}

const floor = new ScriptedFloor();
const token = 'board-bench';
floor.admit(token, organizationId, 'owner', '01920000-0000-7000-8000-000000008000');
floor.commit(leads.map(step));
const { url, close } = await startScripted(floor);

let timer: NodeJS.Timeout | undefined;
process.on('message', (order: BoardOrder) => {
  clearInterval(timer);
  if (order.rate === 0) return;
  let sent = 0;
  const since = performance.now();
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - since) / 1000) * order.rate);
    if (due > sent) floor.commit(Array.from({ length: due - sent }, change));
    sent = due;
  }, batchMs);
});
process.on('disconnect', () => {
  clearInterval(timer);
  void close();
});
process.send?.({ url, token, leads: count } satisfies BoardReady);
