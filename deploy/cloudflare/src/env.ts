// What wrangler.jsonc gives: everything that differs between deployments, and no secret.

export interface Env {
  /** How the world reaches the service: scheme and host. The issuer of its tokens. */
  readonly PUBLIC_URL: string;
  /** Where the server is: scheme and host. Empty: at the address that was asked for, which is what the zone's DNS says. */
  readonly ORIGIN: string;
  /** Web origins whose pages may read answers: `server.allowed_origins` of the server. */
  readonly ALLOWED_ORIGINS: readonly string[];
  /** The largest message to an MCP server, in bytes: `server.max_body_bytes` of the server. */
  readonly MAX_BODY_BYTES: number;
  /** How long the server may take until it begins to answer, in seconds. */
  readonly ORIGIN_SECONDS: number;
  /** All requests of one address. */
  readonly BY_ADDRESS: RateLimit;
  /** What one API key, person or service agent sends to MCP servers. */
  readonly BY_CALLER: RateLimit;
}

/** Where requests go that are let through. */
export type Origin = (request: Request) => Promise<Response>;
