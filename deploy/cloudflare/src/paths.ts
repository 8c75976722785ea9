// What is where, by the path alone.

/** `/mcp`, and `/NAME/mcp` of each integration. */
const MCP = /^\/(?:[a-z0-9-]+\/)?mcp$/;

/** Documents that are the same for everybody, and stay so for minutes. */
const WELL_KNOWN =
  /^\/\.well-known\/(?:oauth-protected-resource(?:\/[a-z0-9-]+){0,2}|oauth-authorization-server|openid-configuration|jwks\.json)$/;

/** The catalogue and the registry: kept if the server says so. */
const PUBLIC = /^\/(?:catalog(?:\/[^/]+)?|(?:[a-z0-9-]+\/)?server\.json|v0\.1\/servers(?:\/[^/]+){0,3})$/;

/**
 * What is for whoever runs the server, below names that programs of this kind have for it. `/health` is shown: it says no more
 * than that the server is there, and a deployment is tried out by it.
 */
const HIDDEN = /^\/+(?:ready|readyz|live|livez|startup|healthz|metrics|debug)(?:\/|$)/i;

export const isMcp = (path: string): boolean => MCP.test(path);
export const isWellKnown = (path: string): boolean => WELL_KNOWN.test(path);
export const isPublic = (path: string): boolean => PUBLIC.test(path);
export const isHidden = (path: string): boolean => HIDDEN.test(path);
