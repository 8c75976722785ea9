// Refusals of the gate, in the words and shapes of the server. MCP clients read JSON-RPC: a plain-text refusal would make one of
// the 2026 revision fall back to an older one.

import type { Env } from './env';
import { isMcp } from './paths';

/** The code of JSON-RPC for a request that is not taken. */
const INVALID_REQUEST = -32600;

/** For MCP clients JSON-RPC, for browsers text, for other programs what OAuth has (RFC 6749, section 5.2). */
export function problem(
  request: Request,
  status: number,
  error: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  if (isMcp(new URL(request.url).pathname)) {
    return rpcError(status, message, headers);
  }
  if (request.headers.get('accept')?.includes('text/html')) {
    const kind = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
    return new Response(`${message}\n`, { status, headers: { ...kind, ...headers } });
  }
  return json(status, { error, error_description: message }, headers);
}

/** A JSON-RPC error with an HTTP status. */
export function rpcError(status: number, message: string, headers: Record<string, string> = {}): Response {
  return json(status, { jsonrpc: '2.0', id: null, error: { code: INVALID_REQUEST, message } }, headers);
}

function json(status: number, body: unknown, headers: Record<string, string>): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}

/** Lets pages of the allowed sites read a refusal of MCP, as they may read the server's answers. */
export function readable(response: Response, request: Request, env: Env): Response {
  const site = request.headers.get('origin');
  const ours = !response.headers.has('access-control-allow-origin');
  if (site !== null && ours && isMcp(new URL(request.url).pathname) && env.ALLOWED_ORIGINS.includes(site)) {
    response.headers.set('Access-Control-Allow-Origin', site);
    response.headers.set('Access-Control-Expose-Headers', 'WWW-Authenticate');
    response.headers.append('Vary', 'Origin');
  }
  return response;
}
