import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../../server/environment.ts';

const main = join(import.meta.dirname, '..', '..', 'server', 'main.ts');
const patience = 90_000;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

/** The real server on a data directory of its own, to be killed and started again on the same port. */
export class ServerToKill {
  readonly url: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #dataDir: string;
  #child: ChildProcess | null = null;
  #said = '';

  constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.environment = childEnvironment({
      PORT: String(port),
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      DATABASE_URL: undefined,
      DATABASE_OWNER_URL: undefined,
      MASTER_KEY: undefined,
      LOG_LEVEL: 'error',
    });
  }

  static async on(dataDir: string): Promise<ServerToKill> {
    return new ServerToKill(dataDir, await freePort());
  }

  /** Starts it and waits until its read models have reached the log. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#said = '';
    const hear = (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-8_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    for (const end = Date.now() + patience; !(await this.ready()); await sleep(50)) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`The server did not come up:\n${this.#said}`);
    }
  }

  async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      // Nobody listens yet, or no longer: not ready is all there is to say.
      return false;
    }
  }

  /** What it printed last, for the report of a failure. */
  get said(): string {
    return this.#said;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) throw new Error(`The server had ended by itself:\n${this.#said}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Kills the postmaster; its server brings it back. */
  async killPostgres(): Promise<void> {
    const [pid] = (await readFile(join(this.#dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }

  /** Ends it as an operator would. Answers the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    child.kill('SIGTERM');
    await once(child, 'exit');
    return child.exitCode;
  }
}
