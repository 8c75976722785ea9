// Who calls, as far as that can be told without the server's database.

import type { Env, Origin } from './env';
import { isApiKey } from './key';
import { checkToken } from './token';

/** Who it is, why not, or that it cannot be told now. */
export type Checked = { readonly principal: string } | { readonly refused: string } | { readonly unavailable: true };

/** Names under which people put keys into URLs. */
const KEY_NAMES = ['api_key', 'apikey', 'access_token', 'token', 'key'];

export function holdsKey(search: string): boolean {
  const names = search
    .slice(1)
    .split('&')
    .map((pair) => pair.split('=', 1)[0]?.toLowerCase() ?? '');
  return search.includes('tpk_') || names.some((name) => KEY_NAMES.includes(name));
}

/** The credential of the one Authorization header. Several arrive as one, joined by commas. */
export function readBearer(header: string): string | undefined {
  return /^bearer ([^,]*)$/i.exec(header)?.[1]?.trim();
}

export async function authenticate(text: string, request: Request, env: Env, origin: Origin): Promise<Checked> {
  if (isApiKey(text)) {
    return { principal: `key:${await digest(text)}` };
  }
  // A key has no dot, and a token has two.
  if (text.includes('.')) {
    return checkToken(text, `${env.PUBLIC_URL}${new URL(request.url).pathname}`, env, origin);
  }
  return {
    refused: 'this is neither an API key nor an access token of this service: check that it was copied whole',
  };
}

/** The key itself is told to nobody, not even to the counter. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes.slice(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
