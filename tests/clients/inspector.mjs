// The MCP Inspector on the command line: its strict look at the tool schemas, and the plan's first plain call.
// Usage: see exercise.mjs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invocation, report } from './exercise.mjs';

const PROGRAM = new URL('./node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url);
const EXIT = { 3: 'was not let in', 4: 'did not reach the server', 5: 'got a tool error', 6: 'rejects a tool schema' };

await report('inspector', async () => {
  const { url, plan, era, headers } = invocation();
  // It keeps a catalog and secrets of its own; a test leaves neither in the home directory.
  const home = mkdtempSync(join(tmpdir(), 'inspector-'));
  const inspect = (...options) => {
    const connection = ['--cli', url, '--transport', 'http', '--protocol-era', era, '--format', 'json', '--quiet'];
    const run = spawnSync(
      process.execPath,
      [PROGRAM.pathname, ...connection, '--header', `Authorization: ${headers.Authorization}`, ...options],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: 'memory' } },
    );
    if (run.status !== 0) throw new Error(`${EXIT[run.status] ?? `exit ${run.status}`} (${options}): ${run.stderr}`);
    return JSON.parse(run.stdout);
  };
  try {
    const listed = inspect('--method', 'tools/list', '--strict');
    const tools = (listed.result ?? listed).tools;
    if (!tools?.length) throw new Error('lists no tools.');
    const step = plan.find((candidate) => !candidate.write && !JSON.stringify(candidate).includes('"$from"'));
    if (!step) throw new Error('finds no step in the plan that only reads.');
    inspect('--method', 'tools/call', '--tool-name', step.tool, '--tool-args-json', JSON.stringify(step.arguments ?? {}));
    return { era, protocolVersion: null, tools: tools.length, calls: 1 };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
