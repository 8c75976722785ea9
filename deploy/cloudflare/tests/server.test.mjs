// The gate in front of the real server: real tokens, a real call by the official client, and the same words from both.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { deployable, KEY, until } from './edge.mjs';
import { behindTheGate, fields, program, Visitor } from './server.mjs';

const made = await deployable();

it('the real server works behind the gate', async (test) => {
  await behindTheGate(made, async (place) => {
    await test.test('an agent with an API key calls a tool', () => callByKey(place));
    await test.test('a person signs up by the pages, lets an agent in by OAuth, and it calls a tool', () => connect(place));
    await test.test('the gate refuses in the words of the server', () => compare(place));
    await test.test('the documents are the same', () => compareDocuments(place));
    await test.test('whether the server is ready is not told', () => health(place));
  });
});

function client() {
  return new Client({ name: 'turnpike-tests', version: '0' }, { versionNegotiation: { mode: 'auto' } });
}

async function callByKey({ demo }) {
  const headers = { Authorization: `Bearer ${demo.api_key}` };
  for (const [url, tool] of [[demo.servers['google-ads'], 'list_accounts'], [demo.mcp_url, 'google_ads_list_accounts']]) {
    const agent = client();
    await agent.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const answer = await agent.callTool({ name: tool, arguments: {} });
    await agent.close();
    assert.ok(!answer.isError, JSON.stringify(answer));
    assert.ok(answer.structuredContent.accounts.length > 0);
  }
}

let token;

async function connect({ url, data, demo }) {
  const person = new Visitor(url);
  const email = 'owner@client.example';
  const form = { organisation: 'Client', name: 'Owner', email, password: 'canary password of tests' };
  assert.equal(await person.submit('/sign-up', form), '/check-mail');
  const link = await linkFor(email, url, data);
  assert.equal(await person.submit(link, {}), '/start');
  const tenants = execFileSync(program, ['tenant', 'list', '--data', data], { encoding: 'utf8' });
  const tenant = /^.*\bClient\b.*$/m.exec(tenants)[0].match(/[0-9a-f-]{36}/)[0];
  execFileSync(program, ['connect', '--tenant', tenant, '--integration', 'google-ads', '--sandbox', '--data', data]);

  const redirectUrl = 'http://127.0.0.1:33418/callback';
  const kept = {};
  const authProvider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'The TypeScript client',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => { kept.tokens = tokens; },
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    codeVerifier: () => kept.verifier,
    saveDiscoveryState: (found) => { kept.found = found; },
    discoveryState: () => kept.found,
    redirectToAuthorization: (address) => { kept.address = address; },
  };
  const transport = () => new StreamableHTTPClientTransport(new URL(demo.servers['google-ads']), { authProvider });
  const first = transport();
  await assert.rejects(client().connect(first), UnauthorizedError);
  const page = await (await person.ask(kept.address.href)).text();
  const back = await person.submit('/authorize', [...fields(page, '/authorize'), ['decision', 'allow']]);
  await first.finishAuth(new URL(back).searchParams);
  const agent = client();
  await agent.connect(transport());
  const answer = await agent.callTool({ name: 'list_accounts', arguments: {} });
  await agent.close();
  assert.ok(!answer.isError, JSON.stringify(answer));
  token = kept.tokens.access_token;
}

/** Mails of a demo are files. */
async function linkFor(email, url, data) {
  let text;
  await until(`a mail to ${email}`, async () => {
    const names = await readdir(`${data}/outbox`).catch(() => []);
    const mails = await Promise.all(names.filter((name) => name.endsWith('.eml')).map((name) => readFile(`${data}/outbox/${name}`, 'utf8')));
    text = mails.find((mail) => mail.includes(`To: ${email}`) || mail.includes(`<${email}>`));
    return text !== undefined;
  });
  // Quoted-printable.
  const plain = text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
  return new RegExp(`${url}(/link/[^\\s"<]+)`).exec(plain)[1];
}

/** What both must refuse, asked of both: each answer's status, challenge and body. */
async function compare({ url, direct, demo }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  const key = demo.api_key;
  const bearers = [
    token,
    key,
    `${header}.${part({ ...claims, aud: `${url}/mcp` })}.${signature}`,
    `${header}.${payload}.${signature.slice(2)}AA`,
    `${header}.${payload}`,
    `${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'x' })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'JWT', kid: 'x' })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'made-up' })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'at+jwt' })}.${payload}.${signature}`,
    'a.b.c',
    'neither',
    KEY,
    `${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`,
    `${key} ${key}`,
  ];
  const requests = [
    // The token is for another server than the combined one.
    ...bearers.flatMap((bearer) => ['/mcp', '/google-ads/mcp'].map((path) => [path, { authorization: `Bearer ${bearer}` }])),
    ['/google-ads/mcp', {}],
    ['/mcp', {}],
    ['/mcp?api_key=1', {}],
    ['/mcp', { authorization: 'Basic YTpi' }],
    ['/google-ads/mcp', { authorization: `Bearer ${key}` }, 'x'.repeat(1_048_577)],
    ['/no-such-server/mcp', {}],
  ];
  const statuses = new Set();
  for (const [path, headers, body = '{}'] of requests) {
    const [own, servers] = await Promise.all(
      [url, direct].map(async (site) => {
        const answer = await fetch(`${site}${path}`, { method: 'POST', body, headers });
        const type = answer.headers.get('content-type');
        const told = type?.includes('json') ? await answer.json() : type;
        return { status: answer.status, challenge: answer.headers.get('www-authenticate'), told };
      }),
    );
    assert.deepEqual(own, servers, `${path} ${JSON.stringify(headers)}`);
    statuses.add(own.status);
  }
  // The empty message is let through and refused by the server, which is 400 too.
  assert.deepEqual([...statuses].sort(), [400, 401, 404, 413]);
}

async function compareDocuments({ url, direct }) {
  const paths = ['oauth-protected-resource', 'oauth-protected-resource/mcp', 'oauth-protected-resource/google-ads/mcp'];
  for (const path of [...paths, 'oauth-authorization-server', 'openid-configuration', 'jwks.json']) {
    const read = async (site) => (await fetch(`${site}/.well-known/${path}`)).json();
    assert.deepEqual(await read(url), await read(direct), path);
    assert.deepEqual(await read(url), await read(direct), `${path} from the cache`);
  }
}

async function health({ url, direct }) {
  assert.equal(await (await fetch(`${url}/health`)).text(), 'ok');
  assert.equal((await fetch(`${direct}/ready`)).status, 200);
  assert.equal((await fetch(`${url}/ready`)).status, 404);
}
