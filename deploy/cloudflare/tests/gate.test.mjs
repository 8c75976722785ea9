// The gate in front of a server that the test plays: what it refuses, what the server sees, and what comes back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { deployable, issuer, json, KEY, listen, now, SITE, start, until } from './edge.mjs';

const SCOPES = ['amazon-ads:read', 'google-ads:read'];
const made = await deployable();

/** A gate and its server. What the server shall answer besides metadata and keys, the test says. */
async function gate(test, answer = (request, response) => json(response, { path: request.url }), options = {}) {
  const keys = await issuer('k1');
  const server = await listen(test, async (request, response) => {
    if (request.url === '/.well-known/jwks.json') return json(response, await keys.jwks());
    if (/^\/\.well-known\/oauth-protected-resource(\/google-ads)?\/mcp$/.test(request.url)) {
      return json(response, { resource: 'x', scopes_supported: SCOPES });
    }
    if (request.url.startsWith('/.well-known/oauth-protected-resource')) return response.writeHead(404).end();
    return answer(request, response);
  });
  const { vars, ...more } = options;
  const { url, worker } = await start(test, made, { vars: { ORIGIN: server.url, ...vars }, ...more });
  const ask = (path, init = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });
  const call = (bearer, init = {}, path = '/mcp') =>
    ask(path, { method: 'POST', body: '{}', ...init, headers: { authorization: `Bearer ${bearer}`, ...init.headers } });
  return { keys, server, url, worker, ask, call };
}

async function rpcMessage(response) {
  const body = await response.json();
  assert.equal(body.jsonrpc, '2.0');
  assert.equal(body.id, null);
  assert.equal(body.error.code, -32600);
  return body.error.message;
}

describe('credentials', () => {
  it('leads a client without a credential to the metadata', async (test) => {
    const { ask, server } = await gate(test);
    const refused = await ask('/google-ads/mcp', { method: 'POST', body: '{}' });
    assert.equal(refused.status, 401);
    const metadata = `${SITE}/.well-known/oauth-protected-resource/google-ads/mcp`;
    assert.equal(refused.headers.get('www-authenticate'), `Bearer scope="${SCOPES.join(' ')}", resource_metadata="${metadata}"`);
    assert.match(await rpcMessage(refused), /^this server wants to know who calls/);
    assert.equal(server.at('/google-ads/mcp').length, 0);
  });

  it('refuses every token that the server would refuse, and none that it would take', async (test) => {
    const { keys, call, server } = await gate(test);
    await keys.add('elsewhere');
    const changed = 'this access token is not one of this service, or was changed';
    const algorithm = 'this access token is not signed with ES256';
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = await keys.token('k1');
    const [header, payload, signature] = good.split('.');
    const forged = part({ ...JSON.parse(Buffer.from(payload, 'base64url')), scope: 'everything' });
    const refused = [
      [await keys.token('k1', { aud: `${SITE}/google-ads/mcp` }), /^this access token is for another server \(.*google-ads\/mcp\)/],
      [await keys.token('k1', { aud: [`${SITE}/mcp`] }), changed],
      [await keys.token('k1', { aud: `${SITE}/mcp/` }), /^this access token is for another server/],
      [await keys.token('k1', { iss: 'https://evil.example' }), 'this access token is from another issuer'],
      [await keys.token('k1', { exp: now() }), 'this access token has expired'],
      [await keys.token('k1', { exp: undefined }), changed],
      [await keys.token('k1', { sub: 'nobody' }), changed],
      [await keys.token('k1', {}, { typ: 'JWT' }), changed],
      [await keys.token('k1', {}, { kid: undefined }), 'the key that signed this access token is not in use'],
      [await keys.token('k1', {}, { kid: 'made-up' }), 'the key that signed this access token is not in use'],
      [await keys.token('k1', {}, {}, 'elsewhere'), changed],
      [`${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`, algorithm],
      [`${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${payload}.${signature}`, algorithm],
      [`${header}.${forged}.${signature}`, changed],
      [`${header}.${payload}`, changed],
      ['a.b.c', changed],
      [`${KEY.slice(0, -1)}!`.replace('!', KEY.endsWith('x') ? 'y' : 'x'), /^this is neither an API key nor an access token/],
      ['anything', /^this is neither an API key nor an access token/],
    ];
    for (const [token, words] of refused) {
      const answer = await call(token);
      assert.equal(answer.status, 401, token);
      const challenge = answer.headers.get('www-authenticate');
      const message = await rpcMessage(answer);
      assert.ok(words instanceof RegExp ? words.test(message) : words === message, `${token}: ${message}`);
      assert.ok(challenge.startsWith(`Bearer error="invalid_token", error_description="${message}", scope="`), challenge);
    }
    assert.equal(server.at('/mcp').length, 0);
    for (const taken of [good, await keys.token('k1', { sub: 'service:1' }), KEY]) {
      assert.equal((await call(taken)).status, 200);
    }
    assert.equal(server.at('/mcp').length, 3);
  });

  it('reads the keys again for a key that it does not know, however many are made up, only now and then', async (test) => {
    const { keys, call, server } = await gate(test);
    assert.equal((await call(await keys.token('k1'))).status, 200);
    await keys.add('k2');
    const next = await keys.token('k2');
    for (let count = 0; count < 20; count += 1) {
      assert.equal((await call(await keys.token('k1', {}, { kid: `made-up-${count}` }))).status, 401);
    }
    assert.equal(server.at('/.well-known/jwks.json').length, 1);
    await until('the new key is known', async () => (await call(next)).status === 200);
    assert.equal(server.at('/.well-known/jwks.json').length, 2);
  });

  it('says that it cannot tell while the keys cannot be read', async (test) => {
    const { call, keys } = await gate(test, undefined, { vars: { ORIGIN: 'http://127.0.0.1:9' } });
    const answer = await call(await keys.token('k1'));
    assert.equal(answer.status, 503);
    assert.equal(await rpcMessage(answer), 'credentials cannot be checked at the moment; try again');
  });

  it('takes a credential from one header only', async (test) => {
    const { ask, server } = await gate(test);
    const with_ = (headers, path = '/mcp') => ask(path, { method: 'POST', body: '{}', headers });
    for (const answer of [
      await with_({ authorization: `Basic ${btoa('a:b')}` }),
      await with_([['authorization', `Bearer ${KEY}`], ['authorization', `Bearer ${KEY}`]]),
      await with_({}, `/mcp?api_key=${KEY}`),
      await with_({ authorization: `Bearer ${KEY}` }, '/mcp?x=1&Token=1'),
    ]) {
      assert.equal(answer.status, 400);
      await rpcMessage(answer);
    }
    assert.equal(server.seen.length, 0);
  });

  it('leaves a path that is no MCP server to the server', async (test) => {
    const { ask } = await gate(test, (request, response) => response.writeHead(404).end('no page'));
    const answer = await ask('/nothing/mcp', { method: 'POST', body: '{}' });
    assert.equal(answer.status, 404);
    assert.equal(await answer.text(), 'no page');
  });

  it('lets pages of allowed sites read a refusal, and asks no browser for a credential beforehand', async (test) => {
    const site = 'https://app.example';
    const { ask, server } = await gate(test, undefined, { vars: { ALLOWED_ORIGINS: [site] } });
    const from = (origin) => ask('/mcp', { method: 'POST', body: '{}', headers: { origin } });
    const refused = await from(site);
    assert.equal(refused.headers.get('access-control-allow-origin'), site);
    assert.equal(refused.headers.get('access-control-expose-headers'), 'WWW-Authenticate');
    assert.equal((await from('https://evil.example')).headers.get('access-control-allow-origin'), null);
    assert.equal((await ask('/mcp', { method: 'OPTIONS', headers: { origin: site } })).status, 200);
    assert.deepEqual(server.at('/mcp').map(({ method }) => method), ['OPTIONS']);
  });
});

describe('the way to the server', () => {
  it('takes out what a client could have made up, and tells where the request comes from', async (test) => {
    const { call, server } = await gate(test);
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await call(KEY, {
      headers: {
        'X-Turnpike-Tenant': 'another',
        'X-Forwarded-For': '198.51.100.1',
        'X-Forwarded-Host': 'evil.example',
        'X-Real-IP': '198.51.100.2',
        'True-Client-IP': '198.51.100.3',
        'X-Original-URL': '/console',
        'X-HTTP-Method-Override': 'DELETE',
        Forwarded: 'for=198.51.100.4',
        'CF-Connecting-IP': '203.0.113.9',
        'CF-IPCountry': 'XX',
        traceparent: trace,
        'mcp-method': 'tools/call',
      },
    });
    const { headers } = server.at('/mcp')[0];
    assert.equal(headers['x-forwarded-for'], '203.0.113.9');
    assert.equal(headers.traceparent, trace);
    assert.equal(headers['mcp-method'], 'tools/call');
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    const forged = ['x-turnpike-tenant', 'x-forwarded-host', 'x-real-ip', 'true-client-ip', 'x-original-url', 'cf-ipcountry'];
    for (const name of [...forged, 'x-http-method-override', 'forwarded', 'cf-connecting-ip']) {
      assert.equal(headers[name], undefined, name);
    }
  });

  it('keeps the host that was asked for where the zone says which server that is', async (test) => {
    const server = await listen(test, (request, response) => json(response, {}));
    const { worker } = await start(test, made, {
      vars: { ORIGIN: '' },
      outboundService: { external: { address: `127.0.0.1:${server.port}`, http: {} } },
    });
    await worker.dispatchFetch('http://mcp.agency.example/sign-in?next=%2Fhome');
    assert.equal(server.seen[0].headers.host, 'mcp.agency.example');
    assert.equal(server.seen[0].url, '/sign-in?next=%2Fhome');
  });

  it('passes pages on as they are, with cookies, redirects and bodies', async (test) => {
    const bodies = [];
    const { ask, server } = await gate(test, async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()));
      response.appendHeader('Set-Cookie', 'a=1; HttpOnly').appendHeader('Set-Cookie', 'b=2');
      response.writeHead(303, { Location: '/start', 'Keep-Alive': 'timeout=5', 'X-Frame-Options': 'DENY' }).end('gone on');
    });
    const body = Buffer.from([0, 1, 2, 255, 254]);
    const headers = { cookie: 'session=1', 'stripe-signature': 't=1,v1=2', 'sec-fetch-site': 'same-origin' };
    const answer = await ask('/payments/stripe?x=%20y', { method: 'POST', body, headers });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/start');
    assert.deepEqual(answer.headers.getSetCookie(), ['a=1; HttpOnly', 'b=2']);
    assert.equal(answer.headers.get('x-frame-options'), 'DENY');
    assert.equal(await answer.text(), 'gone on');
    const [seen] = server.at('/payments/stripe?x=%20y');
    assert.equal(seen.headers.cookie, 'session=1');
    assert.equal(seen.headers['stripe-signature'], 't=1,v1=2');
    assert.equal(seen.headers['sec-fetch-site'], 'same-origin');
    assert.deepEqual(bodies, [body]);
  });

  it('goes to the server and nowhere else, whatever the path looks like', async (test) => {
    const another = await listen(test, (request, response) => json(response, {}));
    const { server, url } = await gate(test);
    const paths = [`//127.0.0.1:${another.port}/mcp`, `/\\127.0.0.1:${another.port}/`, `/%2F127.0.0.1:${another.port}/`, `/@127.0.0.1:${another.port}/`];
    for (const path of paths) {
      const socket = connect(new URL(url).port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const [answer] = await once(socket, 'data');
      socket.destroy();
      assert.match(answer.toString(), /^HTTP\/1\.1 200/, path);
    }
    assert.equal(server.seen.length, paths.length);
    assert.equal(another.seen.length, 0);
  });

  it('shows nothing of what is for whoever runs the server', async (test) => {
    const { ask, server } = await gate(test);
    for (const path of ['/ready', '/ready/', '//ready', '/READY', '/live', '/metrics', '/healthz/live', '/debug/pprof', '/ready?x=1']) {
      assert.equal((await ask(path)).status, 404, path);
    }
    assert.equal(server.seen.length, 0);
    for (const path of ['/health', '/readiness-of-things', '/']) assert.equal((await ask(path)).status, 200, path);
  });

  it('refuses a message that says that it is too long', async (test) => {
    const { call, server } = await gate(test, undefined, { vars: { MAX_BODY_BYTES: 100 } });
    const refused = await call(KEY, { body: 'x'.repeat(101) });
    assert.equal(refused.status, 413);
    assert.equal(await rpcMessage(refused), 'the request body is longer than 100 bytes');
    assert.equal(server.at('/mcp').length, 0);
    assert.equal((await call(KEY, { body: 'x'.repeat(100) })).status, 200);
  });
});

describe('streams', () => {
  it('hands each event on before there is a next one', async (test) => {
    let second;
    const { call } = await gate(test, (request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: 1\n\n');
      second = () => response.end('data: 2\n\n');
    });
    const stream = (await call(KEY)).body.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await stream.read()).value, 'data: 1\n\n');
    second();
    assert.equal((await stream.read()).value, 'data: 2\n\n');
    assert.ok((await stream.read()).done);
  });

  it('sends a body on before it has all of it', async (test) => {
    let first;
    const came = new Promise((done) => (first = done));
    const { call } = await gate(test, async (request, response) => {
      const [chunk] = await once(request, 'data');
      first(chunk.toString());
      request.resume();
      await once(request, 'end');
      json(response, {});
    });
    const { readable, writable } = new TransformStream();
    const answer = call(KEY, { body: readable.pipeThrough(new TextEncoderStream()), duplex: 'half' });
    const writer = writable.getWriter();
    await writer.write('the first half');
    assert.equal(await came, 'the first half');
    await writer.close();
    assert.equal((await answer).status, 200);
  });

  // workerd by itself sees that a client has left when it has something to write to it; Cloudflare's network sees it at once.
  it('ends the request to the server when the client has left', async (test) => {
    let stream;
    const { call } = await gate(test, (request, response) => {
      stream = response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      stream.write('data: 1\n\n');
    });
    const client = new AbortController();
    const reader = (await call(KEY, { signal: client.signal })).body.getReader();
    await reader.read();
    client.abort();
    await assert.rejects(reader.read());
    await until('the server is told', () => stream.destroyed || (stream.write(': still here\n\n'), false));
  });
});

describe('limits', () => {
  it('count an address before its credential, and all of an IPv6 network as one', async (test) => {
    const { ask, server } = await gate(test, undefined, { limits: { BY_ADDRESS: 3 } });
    const from = (address) => ask('/mcp', { method: 'POST', body: '{}', headers: { 'cf-connecting-ip': address } });
    const statuses = [];
    for (const end of ['1', '2', 'ffff:1', '4']) statuses.push((await from(`2001:db8:0:1::${end}`)).status);
    assert.deepEqual(statuses, [401, 401, 401, 429]);
    assert.equal((await from('2001:db8:0:2::1')).status, 401);
    assert.equal((await from('203.0.113.1')).status, 401);
    const refused = await from('2001:db8:0:1:2:3:4:5');
    assert.equal(refused.headers.get('retry-after'), '10');
    assert.equal(await rpcMessage(refused), 'too many requests of this address: wait 10 seconds');
    const page = (accept) => ask('/sign-in', { headers: { 'cf-connecting-ip': '2001:db8:0:1::1', accept } });
    assert.equal(await (await page('text/html')).text(), 'too many requests of this address: wait 10 seconds\n');
    assert.equal((await (await page('*/*')).json()).error, 'temporarily_unavailable');
    assert.equal(server.at('/mcp').length, 0);
  });

  it('count a caller wherever it comes from, and one apart from another', async (test) => {
    const { call, keys, server } = await gate(test, undefined, { limits: { BY_CALLER: 2 } });
    for (const bearer of [KEY, await keys.token('k1')]) {
      const statuses = [];
      for (const end of [1, 2, 3]) {
        statuses.push((await call(bearer, { headers: { 'cf-connecting-ip': `203.0.113.${end}` } })).status);
      }
      assert.deepEqual(statuses, [200, 200, 429]);
    }
    const another = await call(await keys.token('k1', { jti: 'next' }));
    assert.equal(another.headers.get('retry-after'), '10');
    assert.equal(await rpcMessage(another), 'too many requests of this credential: wait 10 seconds');
    assert.equal(server.at('/mcp').length, 4);
  });

  it('tell the period that is set', () => {
    assert.deepEqual(made.config.ratelimits.map(({ simple }) => simple.period), [10, 10]);
  });
});

describe('documents', () => {
  const answered = { '/.well-known/oauth-authorization-server': 'public, max-age=300', '/server.json': 'public, max-age=60' };
  const answer = (request, response) => {
    const rule = answered[request.url] ?? 'no-store';
    json(response, { path: request.url }, { 'Cache-Control': rule, Vary: 'origin' });
  };
  const twice = async ({ ask, server }, path, init) => {
    for (const _ of [1, 2]) {
      const found = await ask(path, init);
      assert.equal(found.status, 200);
      await found.text();
    }
    return server.at(path.split('?')[0]).length;
  };

  it('come from the cache the second time, if they are public', async (test) => {
    const edge = await gate(test, answer);
    for (const path of [...Object.keys(answered), '/.well-known/oauth-protected-resource/mcp', '/.well-known/jwks.json']) {
      assert.equal(await twice(edge, path), 1, path);
    }
    await edge.ask('/.well-known/jwks.json?past=the-cache');
    assert.deepEqual(edge.server.seen.filter(({ url }) => url.includes('past')), []);
    // A 401 reads its scopes from the same cache.
    await edge.ask('/mcp', { method: 'POST', body: '{}' });
    assert.equal(edge.server.at('/.well-known/oauth-protected-resource/mcp').length, 1);
  });

  it('come from the server otherwise', async (test) => {
    const edge = await gate(test, answer);
    for (const path of ['/catalog', '/v0.1/servers', '/sign-in', '/home']) assert.equal(await twice(edge, path), 2, path);
    for (const header of ['cookie', 'authorization', 'origin']) {
      const before = edge.server.at('/server.json').length;
      assert.equal(await twice(edge, '/server.json', { headers: { [header]: 'x' } }), before + 2, header);
    }
  });
});

describe('a server that is away', () => {
  it('is told to each in its own language', async (test) => {
    const { ask, call } = await gate(test, undefined, { vars: { ORIGIN: 'http://127.0.0.1:9' } });
    const agent = await call(KEY);
    assert.equal(agent.status, 502);
    assert.match(await rpcMessage(agent), /^the server cannot be reached at the moment.*try again in a minute$/);
    const page = await ask('/home', { headers: { accept: 'text/html,*/*' } });
    assert.equal(page.status, 502);
    assert.match(await page.text(), /^the server cannot be reached/);
    const program = await ask('/token', { method: 'POST', body: 'grant_type=x' });
    assert.equal(program.status, 502);
    assert.equal((await program.json()).error, 'temporarily_unavailable');
    assert.equal((await ask('/.well-known/jwks.json')).status, 502);
    const challenged = await ask('/mcp', { method: 'POST', body: '{}' });
    assert.equal(challenged.status, 401);
    assert.match(challenged.headers.get('www-authenticate'), /^Bearer resource_metadata="/);
  });

  it('is told apart from one that is late', async (test) => {
    let left;
    const ended = new Promise((done) => (left = done));
    const { call } = await gate(test, (request, response) => response.on('close', left), { vars: { ORIGIN_SECONDS: 0.1 } });
    const answer = await call(KEY);
    assert.equal(answer.status, 504);
    assert.match(await rpcMessage(answer), /^the server did not answer in time/);
    await ended;
  });

  it('is not timed once it has begun to answer', async (test) => {
    let end;
    const { call } = await gate(
      test,
      (request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
        end = () => response.end('data: 2\n\n');
      },
      { vars: { ORIGIN_SECONDS: 0.5 } },
    );
    const answer = await call(KEY);
    const late = performance.now() + 700;
    await until('its time is over', () => performance.now() > late);
    end();
    assert.equal(await answer.text(), 'data: 1\n\ndata: 2\n\n');
  });

  it('is told in our words where Cloudflare has words of its own', async (test) => {
    let status;
    const { call } = await gate(test, (request, response) => response.writeHead(status).end('<html>cloudflare</html>'));
    for (const [own, told] of [[521, 502], [522, 504], [524, 504], [530, 502]]) {
      status = own;
      const answer = await call(KEY);
      assert.equal(answer.status, told);
      await rpcMessage(answer);
    }
    for (const own of [500, 502, 503]) {
      status = own;
      assert.equal(await (await call(KEY)).text(), '<html>cloudflare</html>', 'the server says it itself');
    }
  });
});
