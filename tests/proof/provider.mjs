// An authorization server that is not ours and trusts nobody: it rotates refresh tokens, and one that is used a second time
// revokes the whole grant. Around it stands what the proof needs: grants without a browser, ends of access tokens, a late
// answer, and a record of every refresh token that was ever presented. Prints where it is, then serves.
import { createServer } from "node:http";

const { default: Provider } = await import("../clients/node_modules/oidc-provider/lib/index.js");

// Each family is one grant and all the tokens that came of it.
const families = new Map();
const familyOfGrant = new Map();
let latest = 0;
let waiting = [];

// The provider's own memory keeps the newest thousand things, and would forget spent tokens: this one forgets nothing.
const models = new Map();
class Memory {
  constructor(model) {
    if (!models.has(model)) models.set(model, new Map());
    this.rows = models.get(model);
  }
  async upsert(id, row) { this.rows.set(id, row); }
  async find(id) { return this.rows.get(id); }
  async findByUid(uid) { return [...this.rows.values()].find((row) => row.uid === uid); }
  async findByUserCode(code) { return [...this.rows.values()].find((row) => row.userCode === code); }
  async consume(id) { this.rows.get(id).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { this.rows.delete(id); }
  async revokeByGrantId(grant) {
    for (const [id, row] of this.rows) if (row.grantId === grant) this.rows.delete(id);
  }
}

const server = createServer((request, response) => handle(request, response));
// A connection that ends in the moment in which it is used again would be one more fault, which nobody has ordered.
server.keepAliveTimeout = 600_000;
await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
const issuer = `http://127.0.0.1:${server.address().port}`;
// "hour": tokens that live until they are ended. "moment": tokens that anybody takes for ended who wants 20 s of them.
const lives = { hour: 3600, moment: 15 };
const provider = new Provider(issuer, {
  adapter: Memory,
  clients: Object.keys(lives).map((client_id) => ({
    client_id,
    client_secret: "canary-of-the-provider",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: ["https://client.example/callback"],
    token_endpoint_auth_method: "client_secret_post",
  })),
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  scopes: ["offline_access"],
  // What the operator's command gets while it connects a client must outlast the trial.
  ttl: { AccessToken: (ctx, _, client) => (ctx.req.by === "connect" ? 3600 : lives[client.clientId]), RefreshToken: 86400, Grant: 86400 },
});
const answer = provider.callback();

const familyOf = (token) => [...families.values()].find((family) => family.ordinals.has(token));

// What became of a refresh token that was presented, as the provider itself tells.
function record(ctx, outcome) {
  const token = ctx.oidc?.params?.refresh_token;
  const family = token && familyOf(token);
  if (!family) return;
  const ordinal = family.ordinals.get(token);
  family.presented.push({ ordinal, by: ctx.req.by, at: Date.now(), outcome });
  if (outcome !== "rotated") return;
  family.ordinals.set(ctx.body.refresh_token, ordinal + 1);
  family.access = ctx.body.access_token;
  family.used = false;
  waiting.splice(0).forEach((tell) => tell(ctx.req.by));
}
provider.on("grant.success", (ctx) => record(ctx, "rotated"));
provider.on("grant.error", (ctx, error) => record(ctx, error.error_detail ?? error.error_description ?? error.message));
provider.on("grant.revoked", (ctx, grantId) => {
  const family = familyOfGrant.get(grantId);
  family.revoked = { by: ctx.req.by, at: Date.now() };
});
provider.on("server_error", (_, error) => console.error(error));

// A person grants access to a client: what a browser would do, through the provider's own models.
async function grant(clientId) {
  const name = `family-${families.size + 1}`;
  const given = new provider.Grant({ accountId: name, clientId });
  given.addOIDCScope("offline_access");
  const grantId = await given.save();
  const client = await provider.Client.find(clientId);
  const first = new provider.RefreshToken({
    accountId: name, client, grantId, gty: "authorization_code", scope: "offline_access",
  });
  const token = await first.save();
  const family = { name, clientId, ordinals: new Map([[token, 1]]), presented: [], access: null, used: false, revoked: null };
  families.set(name, family);
  familyOfGrant.set(grantId, family);
  return { name, client_id: clientId, client_secret: "canary-of-the-provider", refresh_token: token };
}

const controls = {
  "/_proof/grant": (query) => grant(query.get("client")),
  // The newest access token ends, if somebody has used it: one that nobody has used may not have been stored yet.
  "/_proof/end": async (query) => {
    const family = families.get(query.get("family"));
    if (!family.used) return { ended: false };
    await (await provider.AccessToken.find(family.access)).destroy();
    family.used = false;
    return { ended: true };
  },
  // Whether an access token is good now.
  "/_proof/access": async (query) => {
    const token = query.get("token");
    const found = await provider.AccessToken.find(token);
    const family = found && familyOfGrant.get(found.grantId);
    if (family?.access === token) family.used = true;
    return { active: Boolean(found) };
  },
  // How late answers are, at most; some are not late at all.
  "/_proof/late": async (query) => ({ latest: (latest = Number(query.get("millis"))) }),
  // Waits for the next rotation and tells who asked for it, while its answer is still held back.
  "/_proof/rotation": async () => ({ by: await new Promise((tell) => waiting.push(tell)) }),
  "/_proof/report": async () => [...families.values()].map(({ name, clientId, presented, revoked }) => ({
    name, client: clientId, presented, revoked,
  })),
};

async function handle(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (controls[pathname]) {
    const body = await controls[pathname](searchParams);
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }
  // Each program has a token endpoint of its own, so that the record can name it: /of/NAME/token.
  const [, by, path] = pathname.match(/^\/of\/([^/]+)(\/.*)$/) ?? [null, "nobody", pathname];
  request.by = by;
  request.url = path;
  const end = response.end.bind(response);
  response.end = (...all) => setTimeout(() => end(...all), Math.random() * latest);
  answer(request, response);
}
console.log(issuer);
