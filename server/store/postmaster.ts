import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Engine } from './engine.ts';
import type { Account } from './postgres-user.ts';

/** Starts a postmaster on a cluster; it writes to the log file and listens on the socket only. */
export function spawnPostgres(
  engine: Engine,
  account: Account | null,
  cluster: string,
  socketDir: string,
  logFile: string,
  durable: boolean,
) {
  const out = openSync(logFile, 'a', 0o600);
  try {
    return spawn(engine.postgres, ['-D', cluster, ...settings(socketDir, durable).flatMap((setting) => ['-c', setting])], {
      ...account,
      cwd: '/',
      // A session of its own: Ctrl-C reaches the whole group of the terminal, and PostgreSQL must end last.
      detached: true,
      stdio: ['ignore', out, out],
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
  } finally {
    closeSync(out);
  }
}

/** Ends PostgreSQL even when this process is killed: a shell waits at the end of a pipe that closes when this process is gone, however it went. */
export function endWithOwner(postgres: ChildProcess): void {
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(postgres.pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  postgres.once('exit', () => watcher.kill('SIGKILL'));
}

function settings(socketDir: string, durable: boolean): string[] {
  const buffersMb = Math.round(Math.min(Math.max(totalmem() / 1_048_576 / 8, 128), 2_048));
  return [
    `unix_socket_directories=${socketDir}`,
    'unix_socket_permissions=0700',
    'listen_addresses=',
    'port=5432',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    `fsync=${durable ? 'on' : 'off'}`,
    `full_page_writes=${durable ? 'on' : 'off'}`,
    `synchronous_commit=${durable ? 'on' : 'off'}`,
    `shared_buffers=${durable ? buffersMb : 128}MB`,
    'wal_buffers=16MB',
    'max_wal_size=2GB',
    'min_wal_size=256MB',
    'checkpoint_timeout=10min',
    'work_mem=16MB',
    'maintenance_work_mem=128MB',
    'random_page_cost=1.1',
    'jit=off',
    'autovacuum_naptime=15s',
    'autovacuum_vacuum_insert_scale_factor=0.1',
    'shared_preload_libraries=pg_stat_statements',
    'pg_stat_statements.track=top',
    'track_io_timing=on',
    // Statements and details of errors carry personal data: neither belongs into a log file.
    'log_statement=none',
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    'log_parameter_max_length=0',
    'log_parameter_max_length_on_error=0',
  ];
}
