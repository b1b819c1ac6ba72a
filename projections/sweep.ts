import type { ClientBase } from 'pg';

/** Forgets changes older than a day and tables retired an hour ago. */
export async function sweep(client: ClientBase, version: number): Promise<void> {
  await client.query(
    `with old as (delete from changed where version = $1 and at < clock_timestamp() - interval '24 hours' returning position)
     update checkpoints set changed_from = greatest(changed_from, (select max(position) from old)) where version = $1 and exists (select 1 from old)`,
    [version],
  );
  await client.query(
    `select drop_read_table(version, projection, schema) from generations
      where version = $1 and ((status = 'retired' and retired_at < clock_timestamp() - interval '1 hour')
         or (status = 'building' and created_at < clock_timestamp() - interval '24 hours'))`,
    [version],
  );
}
