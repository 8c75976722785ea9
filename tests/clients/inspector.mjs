// The MCP Inspector on the command line, and its strict look at the tool schemas. Usage: see exercise.mjs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exercise, invocation, report } from './exercise.mjs';

const PROGRAM = new URL('./node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url);
const EXIT = { 3: 'was not let in', 4: 'did not reach the server', 5: 'got a tool error', 6: 'rejects a tool schema' };

await report('inspector', async () => {
  // It speaks the era that it is given or fails: there is no version to ask for afterwards.
  const { url, plan, era, headers } = invocation();
  // It keeps a catalog and secrets of its own; a test leaves neither in the home directory.
  const home = mkdtempSync(join(tmpdir(), 'inspector-'));
  const inspect = (...options) => {
    const connection = ['--cli', url, '--transport', 'http', '--protocol-era', era, '--format', 'json'];
    const run = spawnSync(
      process.execPath,
      [PROGRAM.pathname, ...connection, '--header', `Authorization: ${headers.Authorization}`, ...options],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: 'memory' } },
    );
    // What it has to say besides the answer is a warning, such as one of a schema that not every client can read.
    if (run.status === 0 && run.stderr === '') return JSON.parse(run.stdout).result;
    throw new Error(`${EXIT[run.status] ?? `exit ${run.status}`} (${options.join(' ')}): ${run.stderr || run.error}`);
  };
  const listTools = () => inspect('--method', 'tools/list', '--strict');
  const callTool = (call) =>
    inspect('--method', 'tools/call', '--tool-name', call.name, '--tool-args-json', JSON.stringify(call.arguments));
  try {
    return { era, ...(await exercise(plan, listTools, callTool)) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
