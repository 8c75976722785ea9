// 401, as the server gives it: the header leads a client to the metadata, and from there to a token.

import { readScopes } from './documents';
import type { Env, Origin } from './env';
import { rpcError } from './problem';

/** Nothing where the server has no metadata of this path: then it is no MCP server, and the answer is the server's own. */
export async function challenge(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  origin: Origin,
  refused?: string,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  const scopes = await readScopes(pathname, request, env, ctx, origin);
  if (scopes === 'no such server') {
    return undefined;
  }
  const site = env.PUBLIC_URL;
  const parameters: [string, string][] = [
    ...(refused === undefined ? [] : [['error', 'invalid_token'], ['error_description', refused]] as [string, string][]),
    ...(scopes === undefined ? [] : [['scope', scopes.join(' ')]] as [string, string][]),
    ['resource_metadata', `${site}/.well-known/oauth-protected-resource${pathname}`],
  ];
  const message =
    refused ??
    `this server wants to know who calls: an agent connects by OAuth at ${site}${pathname}, or sends an API key as ` +
      `\`Authorization: Bearer <key>\`. People manage both in the portal at ${site}`;
  const value = parameters.map(([name, text]) => `${name}="${text}"`).join(', ');
  return rpcError(401, message, { 'WWW-Authenticate': `Bearer ${value}` });
}
