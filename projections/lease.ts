import type { ClientBase } from 'pg';

/**
 * One process at a time leads the projections of one version. The lease lasts ten seconds and is renewed every three;
 * a leader whose connection is gone is replaced at once. Every take-over raises the epoch, and every write of rows names
 * its epoch, so a leader that was merely asleep cannot write any more.
 */
export const leaseSeconds = 10;
export const renewMilliseconds = 3000;

/** The epoch under which this connection now leads, or null when another one does. */
export async function takeLead(client: ClientBase, version: number, leader: string): Promise<number | null> {
  const taken = await client.query<{ epoch: string }>(
    `update checkpoints set leader = $2, leader_pid = pg_backend_pid(), epoch = epoch + 1,
            lease_until = clock_timestamp() + make_interval(secs => $3)
      where version = $1
        and (lease_until < clock_timestamp()
             or not exists (select 1 from pg_stat_activity a where a.pid = checkpoints.leader_pid and a.usename = current_user))
      returning epoch::text`,
    [version, leader, leaseSeconds],
  );
  const epoch = taken.rows[0]?.epoch;
  return epoch === undefined ? null : Number(epoch);
}

/** Makes the lease last longer. Passes over a checkpoint that is being written or swapped right now: it never waits. */
export async function renewLead(client: ClientBase, version: number, epoch: number): Promise<void> {
  await client.query(
    `update checkpoints set lease_until = clock_timestamp() + make_interval(secs => $3)
      where version = (select version from checkpoints where version = $1 and epoch = $2 for update skip locked)`,
    [version, epoch, leaseSeconds],
  );
}

/** Gives the lead up, so that another process need not wait for the lease to end. */
export async function yieldLead(client: ClientBase, version: number, epoch: number): Promise<void> {
  await client.query(
    `with yielded as (update checkpoints set lease_until = '-infinity' where version = $1 and epoch = $2 returning position)
     select pg_notify('changed', position::text) from yielded`,
    [version, epoch],
  );
}
