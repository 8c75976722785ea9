// The TypeScript SDK, version 2, from the pasted URL alone: discovery, registration, a person's consent, a call, and the
// next token once the first has ended.
//
//   node PROGRAM URL TOOL
//
// Prints the address that a person must open, and in the end a line of JSON.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { report } from './exercise.mjs';

const [url, tool] = process.argv.slice(2);

await report('typescript-2', async () => {
  const callbacks = createServer((request, response) => {
    response.end('You can close this window.');
    callbacks.emit('answer', new URL(request.url, redirectUrl).searchParams);
  });
  await once(callbacks.listen(0, '127.0.0.1'), 'listening');
  const redirectUrl = `http://127.0.0.1:${callbacks.address().port}/callback`;
  const state = crypto.randomUUID();
  const kept = { refreshed: -1, registrations: 0 };
  const provider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'The TypeScript client',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => state,
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; kept.registrations += 1; },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => { kept.tokens = tokens; kept.refreshed += 1; },
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: (address) => console.log(address.href),
  };
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const connected = async (way) => {
    const client = new Client({ name: 'turnpike-tests', version: '0' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(way);
    return client;
  };
  try {
    const answered = once(callbacks, 'answer');
    const first = transport();
    const refused = await connected(first).then(() => undefined, (error) => error);
    if (!(refused instanceof UnauthorizedError)) throw new Error(`without a token it got ${refused}.`);
    const [answer] = await answered;
    if (answer.get('state') !== state) throw new Error('the state came back changed.');
    await first.finishAuth(answer);
    const client = await connected(transport());
    const { tools } = await client.listTools();
    let calls = 0;
    // Until the token has ended, at most half a minute: the SDK fetches the next one by itself.
    const until = Date.now() + 30_000;
    do {
      const result = await client.callTool({ name: tool, arguments: {} });
      if (result.isError) throw new Error(result.content[0].text);
      calls += 1;
      await new Promise((done) => setTimeout(done, 500));
    } while (kept.refreshed < 1 && Date.now() < until);
    await client.close();
    if (kept.refreshed < 1) throw new Error('it never fetched the next token.');
    return { tools: tools.length, calls, scope: kept.tokens.scope, registrations: kept.registrations, refreshed: kept.refreshed };
  } finally {
    callbacks.close();
  }
});
