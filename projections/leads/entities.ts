import { defineEntity } from '@mikro-orm/postgresql';
import { bytesOf, keyedColumns, orderedByInstant, orderedByText } from '../read-entity.ts';

const p = defineEntity.properties;

/** Tables of lead read models as they are asked for by key or page by page; which generation's schema is said with each query. */
export const leadEntity = defineEntity({
  name: 'Lead',
  tableName: 'lead',
  schema: '*',
  properties: { ...keyedColumns, agentId: p.text().nullable(), deletedAt: p.datetime().nullable() },
});

export const agentEntity = defineEntity({
  name: 'Agent',
  tableName: 'floor',
  schema: '*',
  properties: {
    ...keyedColumns,
    ...orderedByText('full_name'),
    fullName: p.text(),
    availability: p.text(),
    active: p.boolean(),
    activeLeadsCount: p.integer(),
    capacity: p.integer().nullable(),
  },
});

export const alertEntity = defineEntity({
  name: 'Alert',
  tableName: 'alerts',
  schema: '*',
  properties: {
    ...keyedColumns,
    ...orderedByInstant('created_at'),
    agentId: p.text(),
    createdAt: p.datetime(),
    readAt: p.datetime().nullable(),
  },
});

export const operationEntity = defineEntity({
  name: 'Operation',
  tableName: 'operation',
  schema: '*',
  properties: { ...keyedColumns, ...orderedByInstant('started_at'), startedAt: p.datetime() },
});

/** Lines about a lead: read in the order of `position`, and those of one event in the order of their fields. */
const line = {
  organizationId: p.uuid().primary(),
  leadId: p.uuid().primary(),
  position: p.bigint('number').primary(),
  wire: p.text(),
};

export const timelineEntity = defineEntity({
  name: 'TimelineLine',
  tableName: 'timeline',
  schema: '*',
  properties: { ...line, at: p.datetime() },
});

export const historyEntity = defineEntity({
  name: 'HistoryLine',
  tableName: 'history',
  schema: '*',
  properties: { ...line, field: p.text().primary(), sortKey: bytesOf('field') },
});
