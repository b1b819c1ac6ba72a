import { resolve } from 'node:path';
import { z } from 'zod';
import { Refusal } from './refusal.ts';

const optional = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value === '' ? undefined : value));
const flag = optional.transform((value, context) => {
  if (value === undefined || value === '0' || value === 'false' || value === 'no') return false;
  if (value === '1' || value === 'true' || value === 'yes') return true;
  context.addIssue({ code: 'custom', message: 'expects 1 or 0' });
  return z.NEVER;
});
const whole = (fallback: number, min: number, max: number) =>
  optional.transform((value, context) => {
    const number = value === undefined ? fallback : Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    context.addIssue({ code: 'custom', message: `expects a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
const url = (...protocols: string[]) =>
  optional.pipe(
    z
      .string()
      .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
        message: `expects an address that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
      })
      .optional(),
  );

const variables = z.object({
  /** Where HTTP and the sockets listen; 0 takes any free port. */
  PORT: whole(3000, 0, 65_535),
  HOST: optional.transform((value) => value ?? '127.0.0.1'),
  /** Everything the embedded installation keeps: database, master key, files. */
  DATA_DIR: optional.transform((value) => resolve(value ?? '.data')),
  /** A PostgreSQL of your own, role `app`. Without it one is started in DATA_DIR. */
  DATABASE_URL: url('postgres', 'postgresql'),
  /** The same database under the role that owns the tables: given, the server migrates at start. */
  DATABASE_OWNER_URL: url('postgres', 'postgresql'),
  REDIS_URL: url('redis', 'rediss'),
  ELASTICSEARCH_URL: url('http', 'https'),
  SMTP_URL: url('smtp', 'smtps'),
  CLICKHOUSE_URL: url('http', 'https'),
  S3_ENDPOINT: url('http', 'https'),
  S3_BUCKET: optional,
  S3_REGION: optional,
  S3_ACCESS_KEY_ID: optional,
  S3_SECRET_ACCESS_KEY: optional,
  /** 32 bytes or more, hex or base64. Wraps the organizations' keys and derives the roles' passwords. */
  MASTER_KEY: optional,
  /** The address people type, when a proxy stands in front. */
  PUBLIC_URL: url('http', 'https'),
  /** Believe X-Forwarded-For of the proxy in front. */
  TRUST_PROXY: flag,
  /** Bearer token that opens /metrics and /docs away from loopback. */
  METRICS_TOKEN: optional,
  /** By default `info`, and `warn` where a person watches. */
  LOG_LEVEL: optional.pipe(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default(process.stderr.isTTY ? 'warn' : 'info'),
  ),
  /** Shifts the one clock; for demo and tests only. */
  CLOCK_OFFSET_MS: whole(0, -10_000_000_000_000, 10_000_000_000_000),
  /** CI: a skipped test is a failure. */
  CI: flag,
  /** Set by the test runner for the files it runs: the test cluster as superuser. */
  TEST_DATABASE_URL: url('postgres', 'postgresql'),
  CHROMIUM: optional,
  /** Tests write the files they compare with. */
  SCHEMA_GOLDEN: optional,
});

export interface Environment {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | undefined;
  databaseOwnerUrl: string | undefined;
  redisUrl: string | undefined;
  elasticsearchUrl: string | undefined;
  smtpUrl: string | undefined;
  clickhouseUrl: string | undefined;
  s3: { endpoint?: string; bucket?: string; region?: string; accessKeyId?: string; secretAccessKey?: string };
  masterKey: string | undefined;
  publicUrl: string | undefined;
  trustProxy: boolean;
  metricsToken: string | undefined;
  logLevel: string;
  clockOffsetMs: number;
  ci: boolean;
  testDatabaseUrl: string | undefined;
  chromium: string | undefined;
  writeGoldens: boolean;
}

/**
 * The environment, checked. This file is the only one that reads `process.env`.
 * @throws Refusal naming the variable and what it expects.
 */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const parsed = variables.safeParse(source);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Refusal(`The environment variable ${String(issue?.path[0])} is not usable: ${issue?.message}.`);
  }
  const given = parsed.data;
  return {
    port: given.PORT,
    host: given.HOST,
    dataDir: given.DATA_DIR,
    databaseUrl: given.DATABASE_URL,
    databaseOwnerUrl: given.DATABASE_OWNER_URL,
    redisUrl: given.REDIS_URL,
    elasticsearchUrl: given.ELASTICSEARCH_URL,
    smtpUrl: given.SMTP_URL,
    clickhouseUrl: given.CLICKHOUSE_URL,
    s3: {
      endpoint: given.S3_ENDPOINT,
      bucket: given.S3_BUCKET,
      region: given.S3_REGION,
      accessKeyId: given.S3_ACCESS_KEY_ID,
      secretAccessKey: given.S3_SECRET_ACCESS_KEY,
    },
    masterKey: given.MASTER_KEY,
    publicUrl: given.PUBLIC_URL,
    trustProxy: given.TRUST_PROXY,
    metricsToken: given.METRICS_TOKEN,
    logLevel: given.LOG_LEVEL,
    clockOffsetMs: given.CLOCK_OFFSET_MS,
    ci: given.CI,
    testDatabaseUrl: given.TEST_DATABASE_URL,
    chromium: given.CHROMIUM,
    writeGoldens: given.SCHEMA_GOLDEN === 'write',
  };
}

/** The environment for a process we start: ours, with `changes` laid over it (undefined takes a variable away). */
export function childEnvironment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}
