// An identity provider that is not ours: people sign in on its own development pages, as whoever they say.
// Prints where it is; reads the portal's redirect address; then serves.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

let handle = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) => handle(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer);
  createInterface({ input: process.stdin }).once("line", (redirectUri) => {
    const provider = new Provider(issuer, {
      clients: [{ client_id: "portal", client_secret: "canary-of-the-provider", redirect_uris: [redirectUri] }],
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: true } },
      // "unchecked" in a name: the provider has not proved that the address is theirs.
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: "Ann of the provider", email: `${id}@example.com`, email_verified: !id.includes("unchecked") }),
      }),
      pkce: { required: () => true },
    });
    handle = provider.callback();
    console.log("ready");
  });
});
