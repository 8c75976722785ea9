// The TypeScript SDK, version 1: knows nothing newer than 2025-11-25. Usage: see exercise.mjs.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { checkRevision, exercise, invocation, report } from './exercise.mjs';

await report('typescript-1', async () => {
  const { url, plan, era, headers } = invocation();
  const client = new Client({ name: 'turnpike-tests', version: '0' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  try {
    if (transport.sessionId) throw new Error('the server opened a session.');
    checkRevision(era, transport.protocolVersion);
    const figures = await exercise(plan, (page) => client.listTools(page), (call) => client.callTool(call));
    return { era, ...figures };
  } finally {
    await client.close();
  }
});
