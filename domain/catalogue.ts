import { member } from './identity/member.ts';
import { organization } from './identity/organization.ts';
import { team } from './identity/team.ts';
import { user } from './identity/user.ts';
import type { Aggregate, Command } from './kernel/aggregate.ts';
import { agent } from './leads/agent.ts';
import { alert } from './leads/alert.ts';
import { lead } from './leads/lead.ts';
import { operation } from './leads/operation.ts';
import { pipeline } from './leads/pipeline.ts';

/** Takes away the exact types: whoever goes through the catalogue treats all aggregates alike. */
function listed<State, Event>(aggregate: { initial: State; evolve: (state: State, event: Event) => State }): Aggregate {
  return aggregate as unknown as Aggregate;
}

/** Every aggregate there is. The store folds by it, the edge makes routes of it, the documents are written from it. */
export const aggregates: readonly Aggregate[] = [
  listed(organization),
  listed(member),
  listed(team),
  listed(user),
  listed(lead),
  listed(agent),
  listed(pipeline),
  listed(operation),
  listed(alert),
];

const byName = new Map(aggregates.map((aggregate) => [aggregate.name, aggregate]));
const byCommand = new Map(
  aggregates.flatMap((aggregate) =>
    aggregate.commands.map((command) => [command.name, { aggregate, command: command as unknown as Command }] as const),
  ),
);

export function aggregateNamed(name: string): Aggregate | undefined {
  return byName.get(name);
}

/** The command of that name with the aggregate that decides it. */
export function commandNamed(name: string): { aggregate: Aggregate; command: Command } | undefined {
  return byCommand.get(name);
}
