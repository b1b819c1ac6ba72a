import { createHmac, hash, randomBytes } from 'node:crypto';

/** What a session is opened with: 256 bits each, base64url. */
export interface TokenPair {
  access: string;
  refresh: string;
}

/** A fresh pair from the system's random source. */
export function newTokens(): TokenPair {
  return { access: randomBytes(32).toString('base64url'), refresh: randomBytes(32).toString('base64url') };
}

/**
 * The pair that follows a refresh token. It is derived (HMAC under the server's secret) rather than drawn, because only
 * hashes are stored: a client whose answer got lost can ask again and be given the same child instead of a second one.
 */
export function childTokens(secret: Buffer, refresh: string): TokenPair {
  const derive = (kind: string) => createHmac('sha256', secret).update(`${kind}/${refresh}`).digest('base64url');
  return { access: derive('access'), refresh: derive('refresh') };
}

/** How a token is stored and looked up. Plain SHA-256 is enough for 256 random bits. */
export function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

const shape = /^[A-Za-z0-9_-]{43}$/;

/** Whether a text could be one of our tokens at all; anything else never reaches the database. */
export function isToken(text: string): boolean {
  return shape.test(text);
}
