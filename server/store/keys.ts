import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject, randomFillSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { KeyUse } from './append.ts';
import { Gather } from './gather.ts';
import { derive, type MasterKey } from './master-key.ts';
import { readRows } from './reading.ts';

/** Keys of one organization, all derived from the one that the master key wraps. */
export interface OrganizationKeys {
  /** Wraps persons' keys. */
  wrapping: KeyObject;
  /** Hashes personal guard keys. */
  guards: KeyObject;
  /** Hashes commands. */
  commands: KeyObject;
}

/** A person's key; `erased` when it was destroyed, and with it everything it sealed. */
export interface PersonKey {
  version: number;
  key: KeyObject | 'erased';
}

interface PersonRef {
  organizationId: string;
  personId: string;
}

const nonceLength = 12;
const tagLength = 16;

const pool = Buffer.alloc(4096);
let taken = pool.length;

/** Random bytes, drawn by the page: each call to the system costs as much as encrypting a name. */
function freshBytes(count: number): Buffer {
  if (taken + count > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const bytes = Buffer.from(pool.subarray(taken, taken + count));
  // What was handed out is a key perhaps: it does not stay here.
  pool.fill(0, taken, taken + count);
  taken += count;
  return bytes;
}

/** AES-256-GCM: nonce, ciphertext, tag. `bound` must be the same to open it. */
export function seal(key: KeyObject, plain: Buffer | string, bound: string): Buffer {
  const nonce = freshBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([
    nonce,
    typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** @throws when the key is another, or the bytes were changed or moved to another place. */
export function unseal(key: KeyObject, sealed: Buffer, bound: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength));
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(-tagLength));
  const plain = decipher.update(sealed.subarray(nonceLength, -tagLength));
  decipher.final();
  return plain;
}

const organizationBound = (organizationId: string, version: number) => `organization key|${organizationId}|${version}`;
const personBound = (organizationId: string, personId: string, version: number) => `person key|${organizationId}|${personId}|${version}`;

/**
 * Master key → organization's key → person's key. Unwrapped keys are kept in memory for as long as they are used;
 * in the database they are only ever wrapped.
 */
export class KeyRing {
  readonly #master: KeyObject;
  readonly #pool: pg.Pool;
  readonly #organizations = new Map<string, OrganizationKeys>();
  readonly #opening = new Map<string, Promise<OrganizationKeys>>();
  readonly #persons = new LRUCache<string, PersonKey>({ max: 50_000 });
  readonly #fetch: Gather<PersonRef, PersonKey | null>;

  constructor(pool: pg.Pool, master: MasterKey) {
    this.#pool = pool;
    this.#master = createSecretKey(derive(master, 'organization keys'));
    this.#fetch = new Gather(500, (refs) => this.#fetchPersons(refs));
  }

  /** The organization's keys if they were opened already. */
  opened(organizationId: string): OrganizationKeys | undefined {
    return this.#organizations.get(organizationId);
  }

  /** The organization's keys, made at first use. */
  organization(organizationId: string): Promise<OrganizationKeys> {
    const known = this.#organizations.get(organizationId);
    if (known) return Promise.resolve(known);
    let opening = this.#opening.get(organizationId);
    if (!opening) {
      opening = this.#open(organizationId).finally(() => this.#opening.delete(organizationId));
      this.#opening.set(organizationId, opening);
    }
    return opening;
  }

  async #open(organizationId: string): Promise<OrganizationKeys> {
    const version = 1;
    const read = () =>
      this.#pool.query<{ wrapped: Buffer }>('select wrapped from organization_keys where organization_id = $1 and version = $2', [
        organizationId,
        version,
      ]);
    let row = (await read()).rows[0];
    if (!row) {
      const wrapped = seal(this.#master, freshBytes(32), organizationBound(organizationId, version));
      await this.#pool.query(
        'insert into organization_keys (organization_id, version, wrapped) values ($1, $2, $3) on conflict do nothing',
        [organizationId, version, wrapped],
      );
      row = (await read()).rows[0];
    }
    if (!row) throw new Error(`The key of organization ${organizationId} was not kept.`);
    const root = unseal(this.#master, row.wrapped, organizationBound(organizationId, version));
    const part = (purpose: string) => createSecretKey(Buffer.from(hkdfSync('sha256', root, '', `leadfloor ${purpose}`, 32)));
    const keys = { wrapping: part('person keys'), guards: part('guards'), commands: part('commands') };
    this.#organizations.set(organizationId, keys);
    return keys;
  }

  /** A new key for a person, not kept anywhere yet: it is born with the append that uses it. */
  fresh(organizationId: string, personId: string): { key: PersonKey & { key: KeyObject }; use: KeyUse } {
    const version = 1;
    const bytes = freshBytes(32);
    const key = createSecretKey(bytes);
    const { wrapping } = this.#organizations.get(organizationId) as OrganizationKeys;
    return {
      key: { version, key },
      use: { personId, version, wrapped: seal(wrapping, bytes, personBound(organizationId, personId, version)) },
    };
  }

  /** The person's key if it is at hand. */
  known(organizationId: string, personId: string): PersonKey | undefined {
    return this.#persons.get(`${organizationId}|${personId}`);
  }

  keep(organizationId: string, personId: string, key: PersonKey): void {
    this.#persons.set(`${organizationId}|${personId}`, key);
  }

  forgetPerson(organizationId: string, personId: string): void {
    this.#persons.delete(`${organizationId}|${personId}`);
  }

  /** Persons' keys are read from the database again when needed. */
  forgetPersons(): void {
    this.#persons.clear();
  }

  /** The person's key, null when they have none yet. */
  async person(organizationId: string, personId: string): Promise<PersonKey | null> {
    const known = this.known(organizationId, personId);
    if (known) return known;
    await this.organization(organizationId);
    return this.#fetch.answer({ organizationId, personId });
  }

  /** Brings the keys of many persons to hand with one query; those without a key are left out. */
  async prepare(refs: readonly PersonRef[]): Promise<void> {
    const missing = new Map<string, PersonRef>();
    for (const ref of refs) if (!this.known(ref.organizationId, ref.personId)) missing.set(`${ref.organizationId}|${ref.personId}`, ref);
    if (missing.size === 0) return;
    const wanted = [...missing.values()];
    await Promise.all([...new Set(wanted.map((ref) => ref.organizationId))].map((organizationId) => this.organization(organizationId)));
    for (let from = 0; from < wanted.length; from += 5_000) await this.#fetchPersons(wanted.slice(from, from + 5_000));
  }

  async #fetchPersons(refs: PersonRef[]): Promise<(PersonKey | null)[]> {
    const rows = await readRows<{ i: string; version: number; wrapped: Buffer | null }>(this.#pool, {
      name: 'person_keys',
      text: `select u.i, p.version, p.wrapped from unnest($1::uuid[], $2::uuid[]) with ordinality u(org, person, i)
             join person_keys p on p.organization_id = u.org and p.person_id = u.person`,
      values: [refs.map((ref) => ref.organizationId), refs.map((ref) => ref.personId)],
    });
    const answers = new Array<PersonKey | null>(refs.length).fill(null);
    for (const { i, version, wrapped } of rows) {
      const { organizationId, personId } = refs[Number(i) - 1] as PersonRef;
      const { wrapping } = this.#organizations.get(organizationId) as OrganizationKeys;
      const key: PersonKey = {
        version,
        key: wrapped === null ? 'erased' : createSecretKey(unseal(wrapping, wrapped, personBound(organizationId, personId, version))),
      };
      this.keep(organizationId, personId, key);
      answers[Number(i) - 1] = key;
    }
    return answers;
  }

  /** Destroys a person's key. What it sealed can never be read again; no new key is ever made for them. */
  async destroy(organizationId: string, personId: string): Promise<void> {
    await this.#pool.query(
      `insert into person_keys as p (organization_id, person_id, version, wrapped, erased_at) values ($1, $2, 1, null, clock_timestamp())
       on conflict (organization_id, person_id) do update set wrapped = null, erased_at = coalesce(p.erased_at, excluded.erased_at)`,
      [organizationId, personId],
    );
    this.keep(organizationId, personId, { version: 1, key: 'erased' });
  }

  /** How a personal guard key is stored: the same value gives the same hash inside one organization only. */
  guardKey(keys: OrganizationKeys, scope: string, key: string): string {
    return createHmac('sha256', keys.guards).update(`${scope}\n${key}`).digest('base64url');
  }
}
