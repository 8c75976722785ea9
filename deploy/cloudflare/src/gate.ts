// A request's way through the gate, in order. What the gate lets through, the server checks again: a request that goes around
// the gate gets no further than one that comes through it.

import { challenge } from './challenge';
import { authenticate, holdsKey, readBearer } from './credential';
import { findDocument } from './documents';
import type { Env, Origin } from './env';
import { forward } from './forward';
import { addressOf, admits, blockOf, tooMany } from './limits';
import { isHidden, isMcp } from './paths';
import { problem, readable, rpcError } from './problem';

export async function gate(request: Request, env: Env, ctx: ExecutionContext, origin: Origin): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (isHidden(pathname)) {
    return problem(request, 404, 'not_found', 'there is nothing here');
  }
  if (!(await admits(env.BY_ADDRESS, blockOf(addressOf(request))))) {
    return readable(tooMany(request, 'this address'), request, env);
  }
  const document = await findDocument(request, env, ctx, origin);
  if (document) {
    return document;
  }
  // A browser asks with OPTIONS whether it may ask at all, and sends no credential with that.
  if (isMcp(pathname) && request.method !== 'OPTIONS') {
    const refusal = await refuse(request, env, ctx, origin);
    if (refusal) {
      return readable(refusal, request, env);
    }
  }
  return readable(await forward(request, env, origin), request, env);
}

/** Why a request to an MCP server is not let through; nothing if it is. */
async function refuse(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  origin: Origin,
): Promise<Response | undefined> {
  if (holdsKey(new URL(request.url).search)) {
    const message =
      'a credential in the URL ends up in logs: send it as `Authorization: Bearer <credential>`, and replace the one you just sent';
    return rpcError(400, message);
  }
  const header = request.headers.get('authorization');
  if (header === null) {
    return challenge(request, env, ctx, origin);
  }
  const bearer = readBearer(header);
  if (bearer === undefined) {
    return rpcError(400, 'send exactly one header `Authorization: Bearer <API key or access token>`');
  }
  const caller = await authenticate(bearer, request, env, origin);
  if ('unavailable' in caller) {
    return rpcError(503, 'credentials cannot be checked at the moment; try again');
  }
  if ('refused' in caller) {
    return challenge(request, env, ctx, origin, caller.refused);
  }
  if (!(await admits(env.BY_CALLER, caller.principal))) {
    return tooMany(request, 'this credential');
  }
  if (Number(request.headers.get('content-length')) > env.MAX_BODY_BYTES) {
    return rpcError(413, `the request body is longer than ${env.MAX_BODY_BYTES} bytes`);
  }
  return undefined;
}
