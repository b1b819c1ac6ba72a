import { members, organizations, teams, users } from './identity/directory.ts';
import { metrics } from './insight/metrics.ts';
import { alerts } from './leads/alerts.ts';
import { board } from './leads/board.ts';
import { boardColumns } from './leads/board-columns.ts';
import { floor, roster } from './leads/floor.ts';
import { history } from './leads/history.ts';
import { lead } from './leads/lead.ts';
import { operation } from './leads/operations.ts';
import { leadTags, search } from './leads/search.ts';
import { timeline } from './leads/timeline.ts';
import type { Projection } from './projection.ts';

/** Every read model, in the order they are folded: whoever looks at another's rows comes after it. */
export const readModels: readonly Projection[] = [
  users,
  organizations,
  members,
  teams,
  roster,
  lead,
  board,
  leadTags,
  search,
  boardColumns,
  floor,
  timeline,
  history,
  alerts,
  operation,
  metrics,
];
