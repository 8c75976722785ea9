// Access tokens, in the order and with the words of the server (`shared/oauth/src/access.rs`). What has been taken back since a
// token was made, the server knows.

import { compactVerify, createRemoteJWKSet, customFetch, decodeProtectedHeader, errors } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import type { Checked } from './credential';
import type { Env, Origin } from './env';

/** How long the keys are believed: for shorter than a key is published before it signs. */
const BELIEVED = 300_000;
/** How often at most they are read again for a key that is not among them: whoever makes up names of keys costs no more. */
const READ_AGAIN = 5_000;
/** How long the server may take to give them. */
const PATIENCE = 5_000;

const CHANGED = 'this access token is not one of this service, or was changed';
const UNKNOWN_KEY = 'the key that signed this access token is not in use';

/** The keys of each issuer, for as long as this isolate lives. */
const rings = new Map<string, JWTVerifyGetKey>();

/** Reads a token that is to be for the server of this URL. */
export async function checkToken(text: string, audience: string, env: Env, origin: Origin): Promise<Checked> {
  const header = readHeader(text);
  if (header === undefined) {
    return { refused: CHANGED };
  }
  if (header.alg !== 'ES256') {
    return { refused: 'this access token is not signed with ES256' };
  }
  if (header.typ !== 'at+jwt') {
    return { refused: CHANGED };
  }
  if (typeof header.kid !== 'string') {
    return { refused: UNKNOWN_KEY };
  }
  try {
    const { payload } = await compactVerify(text, ringOf(env, origin), { algorithms: ['ES256'] });
    return checkClaims(JSON.parse(new TextDecoder().decode(payload)), audience, env);
  } catch (error) {
    return explain(error);
  }
}

function readHeader(text: string): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(text);
  } catch {
    return undefined;
  }
}

function checkClaims(claims: Record<string, unknown>, audience: string, env: Env): Checked {
  const { iss, aud, sub, exp } = claims;
  if (typeof iss !== 'string' || typeof aud !== 'string' || typeof sub !== 'string' || typeof exp !== 'number') {
    return { refused: CHANGED };
  }
  if (iss !== env.PUBLIC_URL) {
    return { refused: 'this access token is from another issuer' };
  }
  if (aud !== audience) {
    const advice = 'ask for one with `resource` set to the URL of this one';
    return { refused: `this access token is for another server (${aud}); ${advice}` };
  }
  if (exp * 1000 <= Date.now()) {
    return { refused: 'this access token has expired' };
  }
  return /^(?:person|service):/.test(sub) ? { principal: sub } : { refused: CHANGED };
}

function explain(error: unknown): Checked {
  if (error instanceof errors.JWKSNoMatchingKey) {
    return { refused: UNKNOWN_KEY };
  }
  const changed =
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof SyntaxError;
  return changed ? { refused: CHANGED } : { unavailable: true };
}

function ringOf(env: Env, origin: Origin): JWTVerifyGetKey {
  const url = `${env.ORIGIN || env.PUBLIC_URL}/.well-known/jwks.json`;
  let ring = rings.get(url);
  if (ring === undefined) {
    ring = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: BELIEVED,
      cooldownDuration: READ_AGAIN,
      timeoutDuration: PATIENCE,
      [customFetch]: (from, options) => origin(new Request(from, { ...options, cache: 'no-store' })),
    });
    rings.set(url, ring);
  }
  return ring;
}
