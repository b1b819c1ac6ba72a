import type { BoardRow, FloorRow } from '../../projections/leads/rows.ts';
import { openLead } from '../router.ts';
import { peopleHere } from '../sync/presence.ts';
import { can, me } from '../sync/session.ts';
import { type MenuItem, type MenuSection, openMenu } from '../ui/menu.ts';
import { phone } from '../words/format.ts';
import { t } from '../words/words.ts';
import { agents } from './agents-feed.ts';
import { assignLead, claimLead, moveLead, nameOf, releaseLead } from './lead-actions.ts';
import { movesFrom, stageName, stages } from './stages.ts';

/** Whether an agent has no room for one more open lead. */
export function isFull(agent: FloorRow): boolean {
  return agent.capacity !== null && agent.activeLeadsCount >= agent.capacity;
}

/** The dot on an agent's avatar: paused, here now, or not here. */
export function presenceOf(agent: FloorRow): 'available' | 'paused' | 'away' {
  if (agent.availability === 'paused') return 'paused';
  return peopleHere.people.has(agent.id) ? 'available' : 'away';
}

/** What the floor says of an agent's load: `34 / 50`, or how many open leads where there is no limit. */
export function loadOf(agent: FloorRow): string {
  if (agent.capacity === null) return t('board.openLeads', { count: agent.activeLeadsCount });
  const text = `${agent.activeLeadsCount} / ${agent.capacity}`;
  return isFull(agent) ? t('board.full', { load: text }) : text;
}

function stageItems(row: BoardRow): MenuItem[] {
  return movesFrom(row.status).map((stage) => ({
    label: stageName(stage.key),
    hue: stage.hue,
    shortcut: String(stages().indexOf(stage) + 1),
    onSelect: () => void moveLead(row, stage.key),
  }));
}

/** "Move to…": the stages the pipeline allows from here. */
export function openMoveMenu(anchor: Element, row: BoardRow): void {
  const items = stageItems(row);
  const none: MenuItem = { label: t('board.noMoves'), disabled: true, onSelect: () => undefined };
  openMenu(anchor, [{ title: t('board.moveTo'), items: items.length === 0 ? [none] : items }], {
    label: t('board.moveLead', { name: nameOf(row) }),
  });
}

/** "Assign to…": the agents with their load; full ones say so and cannot be chosen. */
export function openAssignMenu(anchor: Element, row: BoardRow): void {
  const mine = me().agentId;
  const items: MenuItem[] = can('lead.assign', row)
    ? agents().map((agent) => ({
        label: agent.id === mine ? t('board.nameYou', { name: agent.fullName }) : agent.fullName,
        person: { id: agent.id, name: agent.fullName, status: presenceOf(agent) },
        hint: loadOf(agent),
        disabled: isFull(agent) && agent.id !== row.agentId,
        checked: agent.id === row.agentId,
        onSelect: () => void assignLead(row, agent.id),
      }))
    : [];
  const sections: MenuSection[] = [{ items }, { items: ownItems(row) }];
  const label = t('board.assignLead', { name: nameOf(row) });
  if (sections.every((section) => section.items.length === 0)) {
    openMenu(anchor, [{ items: [{ label: t('board.mayNotAssign'), disabled: true, onSelect: () => undefined }] }], { label });
    return;
  }
  openMenu(anchor, sections, { label, filter: items.length > 8 });
}

function ownItems(row: BoardRow): MenuItem[] {
  if (row.agentId === null)
    return can('lead.claim', row) ? [{ label: t('board.claim'), icon: 'hand', shortcut: 'C', onSelect: () => void claimLead(row) }] : [];
  return can('lead.unassign', row) ? [{ label: t('board.release'), icon: 'userPlus', onSelect: () => void releaseLead(row) }] : [];
}

/** Everything a card offers, for its button, the context menu and the menu key. */
export function openCardMenu(anchor: Element, row: BoardRow, at?: { x: number; y: number }): void {
  const sections: MenuSection[] = [
    {
      items: [
        { label: t('board.open'), icon: 'expand', shortcut: '↵', onSelect: () => openLead(row.id) },
        ...ownItems(row),
        ...assignItem(anchor, row),
      ],
    },
    { title: t('board.moveTo'), items: can('lead.move', row) ? stageItems(row) : [] },
    {
      items:
        row.phone === null
          ? []
          : [{ label: t('board.call', { phone: phone(row.phone) }), icon: 'call', onSelect: () => location.assign(`tel:${row.phone}`) }],
    },
  ];
  openMenu(anchor, sections, { label: t('board.cardActions', { name: nameOf(row) }), ...(at === undefined ? {} : { at }) });
}

function assignItem(anchor: Element, row: BoardRow): MenuItem[] {
  if (!can('lead.assign', row)) return [];
  return [{ label: t('board.assignTo'), icon: 'userPlus', shortcut: 'A', onSelect: () => openAssignMenu(anchor, row) }];
}
