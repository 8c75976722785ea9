// Coarse limits, which keep a flood from the server. Those that customers are promised are the server's own.

import { problem } from './problem';

/** The period of the limits in wrangler.jsonc, in seconds: Cloudflare counts for 10 or for 60, and does not say when it is over. */
export const PERIOD = 10;

export async function admits(limit: RateLimit, key: string): Promise<boolean> {
  const { success } = await limit.limit({ key });
  return success;
}

/** Where a request comes from, as Cloudflare has seen it. */
export function addressOf(request: Request): string {
  return request.headers.get('cf-connecting-ip') ?? 'unknown';
}

/** Who has one IPv6 address has all of its /64: they are counted as one. */
export function blockOf(address: string): string {
  if (!address.includes(':')) {
    return address;
  }
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

export function tooMany(request: Request, who: string): Response {
  const message = `too many requests of ${who}: wait ${PERIOD} seconds`;
  return problem(request, 429, 'temporarily_unavailable', message, { 'Retry-After': String(PERIOD) });
}
