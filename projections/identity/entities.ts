import { defineEntity } from '@mikro-orm/postgresql';
import { keyedColumns, orderedByText } from '../read-entity.ts';

const p = defineEntity.properties;

export const memberEntity = defineEntity({
  name: 'Member',
  tableName: 'members',
  schema: '*',
  properties: {
    ...keyedColumns,
    ...orderedByText('name'),
    userId: p.uuid().nullable(),
    name: p.text(),
    role: p.text(),
    active: p.boolean(),
  },
});

export const teamEntity = defineEntity({
  name: 'Team',
  tableName: 'teams',
  schema: '*',
  properties: { ...keyedColumns, ...orderedByText('name'), name: p.text(), leadId: p.text().nullable(), agentIds: p.array() },
});
