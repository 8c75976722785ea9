// What the tests share: the Worker as it is deployed, run by workerd, and servers to stand in front of.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Miniflare } from 'miniflare';
import { unstable_readConfig } from 'wrangler';

export const here = join(import.meta.dirname, '..');
export const SITE = 'https://mcp.agency.example';
/** A key as `turnpike key add` makes them; no server knows it. */
export const KEY = 'tpk_test_8aspm4G7VmSUfOoD6V1vrORcmn0_3JLuIm';

const SETTINGS = 'example/wrangler.jsonc';

/** Runs wrangler. Gives its exit code and all that it says. */
export async function wrangler(...parameters) {
  const program = join(here, 'node_modules/wrangler/bin/wrangler.js');
  const env = { ...process.env, CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', WRANGLER_LOG_PATH: tmpdir() };
  const run = promisify(execFile)(process.execPath, [program, ...parameters], { cwd: here, env });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error) => ({ code: error.code, said: error.stdout + error.stderr }),
  );
}

/** Lends a folder. */
export async function inFolder(use) {
  const path = await mkdtemp(join(tmpdir(), 'turnpike-edge-'));
  return use(path).finally(() => rm(path, { recursive: true, force: true }));
}

/** The settings of the gate, and the bundle that would be deployed. */
export async function deployable() {
  const config = unstable_readConfig({ config: join(here, SETTINGS) });
  const script = await inFolder(async (out) => {
    const { code, said } = await wrangler('deploy', '--dry-run', '--config', SETTINGS, '--outdir', out);
    if (code !== 0) throw new Error(said);
    return readFile(join(out, 'index.js'), 'utf8');
  });
  return { config, script };
}

/** The Worker, with some of its variables and limits changed. */
export async function start(test, { config, script }, { vars = {}, limits = {}, ...more } = {}) {
  const ratelimits = Object.fromEntries(
    config.ratelimits.map(({ name, namespace_id, simple }) => [
      name,
      { namespace_id, simple: { ...simple, limit: limits[name] ?? simple.limit } },
    ]),
  );
  const options = {
    modules: true,
    script,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings: { ...config.vars, ...vars },
    ratelimits,
    host: '127.0.0.1',
    port: 0,
    ...more,
  };
  const worker = new Miniflare(options);
  test.after(() => worker.dispose());
  return { worker, options, url: (await worker.ready).origin };
}

/** An HTTP server of the test. `seen` has every request that came. */
export async function listen(test, answer) {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address();
  return { seen, port, url: `http://127.0.0.1:${port}`, at: (path) => seen.filter(({ url }) => url === path) };
}

export function json(response, body, headers = {}) {
  response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Keys of an issuer, and tokens that it could have signed. */
export async function issuer(...names) {
  const pairs = new Map();
  const add = async (kid) => pairs.set(kid, await generateKeyPair('ES256', { extractable: true }));
  for (const name of names) await add(name);
  return {
    add,
    jwks: async () => ({
      keys: await Promise.all(
        [...pairs].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' })),
      ),
    }),
    token: (kid, claims = {}, header = {}, by = kid) =>
      new SignJWT({
        iss: SITE,
        aud: `${SITE}/mcp`,
        sub: 'person:019aa0a0-0000-7000-8000-000000000001',
        iat: now(),
        exp: now() + 600,
        jti: 'a',
        client_id: 'c',
        scope: 'google-ads:read',
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(pairs.get(by).privateKey),
  };
}

export const now = () => Math.floor(Date.now() / 1000);

/** Asks again until it is so; not for longer than ten seconds. */
export async function until(what, isSo) {
  const end = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ten seconds: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
