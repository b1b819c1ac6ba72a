import type pg from 'pg';
import type { StreamRef } from '../../domain/kernel/aggregate.ts';
import { Gather } from './gather.ts';
import { readRows } from './reading.ts';

/** A command that was accepted before, as the log remembers it. */
export interface KnownCommand {
  /** Hex; null when the server made the command id. */
  hash: string | null;
  id: string;
  version: number;
  position: number;
  /** Members of the answer beside these. */
  answer: Record<string, unknown> | null;
}

interface Question {
  organizationId: string;
  ref: StreamRef;
  actor: string;
  /** Null: nobody can have sent it before. */
  commandId: string | null;
}

interface Answer {
  /** Version of the stream now. */
  version: number;
  command: KnownCommand | null;
}

/** Looks up how things stand before a command is refused. */
export class Standing {
  readonly #gather: Gather<Question, Answer>;

  constructor(pool: pg.Pool) {
    this.#gather = new Gather(256, (questions) => ask(pool, questions));
  }

  look(question: Question): Promise<Answer> {
    return this.#gather.answer(question);
  }
}

interface Row {
  stands: number;
  hash: string | null;
  id: string | null;
  version: number;
  position: string;
  answer: Record<string, unknown> | null;
}

async function ask(pool: pg.Pool, questions: Question[]): Promise<Answer[]> {
  const rows = await readRows<Row>(pool, {
    name: 'standing',
    text: `select coalesce(s.version, 0) as stands, encode(c.hash, 'hex') as hash, c.stream_id as id, c.version, c.position, c.answer
           from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[]) with ordinality u(org, type, id, actor, command, i)
           left join streams s on s.organization_id = u.org and s.type = u.type and s.stream_id = u.id
           left join commands c on c.organization_id = u.org and c.actor = u.actor and c.key = u.command
           order by u.i`,
    values: [
      questions.map((each) => each.organizationId),
      questions.map((each) => each.ref.type),
      questions.map((each) => each.ref.id),
      questions.map((each) => each.actor),
      questions.map((each) => each.commandId),
    ],
  });
  return rows.map((row) => ({
    version: row.stands,
    command:
      row.id === null ? null : { hash: row.hash, id: row.id, version: row.version, position: Number(row.position), answer: row.answer },
  }));
}
