import { memberEntity, teamEntity } from './identity/entities.ts';
import { agentEntity, alertEntity, historyEntity, leadEntity, operationEntity, timelineEntity } from './leads/entities.ts';

/** Read models that are asked through MikroORM. Lists with many filters, boards, sums and search are SQL of their own. */
export const readEntities = [
  leadEntity,
  agentEntity,
  alertEntity,
  operationEntity,
  timelineEntity,
  historyEntity,
  memberEntity,
  teamEntity,
];
