// Public documents, kept in Cloudflare's cache. Nothing else is.

import type { Env, Origin } from './env';
import { clean, targetOf } from './forward';
import { isPublic, isWellKnown } from './paths';

/** For how long a well-known document is kept of which the server does not say it. */
const KEPT = 'public, max-age=300';

/**
 * The document that is asked for, if it is one. Who sends a cookie or a credential may be shown something of their own, and to a
 * page of another site the answer depends on the site: they ask the server.
 */
export async function findDocument(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  origin: Origin,
): Promise<Response | undefined> {
  const url = new URL(request.url);
  const personal = ['authorization', 'cookie', 'origin'].some((name) => request.headers.has(name));
  if (request.method !== 'GET' || personal || !(isWellKnown(url.pathname) || isPublic(url.pathname))) {
    return undefined;
  }
  if (isWellKnown(url.pathname)) {
    // They have no parameters: made-up ones would lead past the cache.
    url.search = '';
  }
  return read(url, env, ctx, origin);
}

/** What a 401 offers: the scopes of the protected resource. Nothing while the server is away. */
export async function readScopes(
  path: string,
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  origin: Origin,
): Promise<readonly string[] | 'no such server' | undefined> {
  const found = await read(new URL(`/.well-known/oauth-protected-resource${path}`, request.url), env, ctx, origin);
  if (found?.status === 404) {
    return 'no such server';
  }
  const metadata: unknown = found?.ok ? await found.json() : undefined;
  const scopes = (metadata as { scopes_supported?: unknown } | undefined)?.scopes_supported;
  return Array.isArray(scopes) ? scopes.map(String) : undefined;
}

/** From the cache, else from the server; nothing when that does not answer. */
async function read(url: URL, env: Env, ctx: ExecutionContext, origin: Origin): Promise<Response | undefined> {
  const key = new Request(url, { method: 'GET' });
  const known = await caches.default.match(key);
  if (known) {
    return known;
  }
  const target = targetOf(url, env);
  const found = await origin(new Request(target, { redirect: 'manual', cache: 'no-store' })).catch(() => undefined);
  // Cloudflare's own pages about a server that is away are for `forward` to explain.
  if (found === undefined || found.status >= 500) {
    await found?.body?.cancel();
    return undefined;
  }
  const headers = clean(found.headers);
  const rule = headers.get('cache-control') ?? (isWellKnown(url.pathname) ? KEPT : 'no-store');
  headers.set('Cache-Control', rule);
  // The request had nothing by which the answer could vary.
  headers.delete('Vary');
  const document = new Response(found.body, { status: found.status, headers });
  if (found.status === 200 && /\bpublic\b/.test(rule) && !headers.has('set-cookie')) {
    ctx.waitUntil(caches.default.put(key, document.clone()));
  }
  return document;
}
