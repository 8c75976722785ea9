// The TypeScript SDK, version 2: speaks 2025-11-25 unless it is told to negotiate. Usage: see exercise.mjs.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { checkRevision, exercise, invocation, report } from './exercise.mjs';

await report('typescript-2', async () => {
  const { url, plan, era, headers } = invocation();
  const options = era === 'modern' ? { versionNegotiation: { mode: 'auto' } } : {};
  const client = new Client({ name: 'turnpike-tests', version: '0' }, options);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  try {
    checkRevision(era, client.getNegotiatedProtocolVersion());
    const figures = await exercise(plan, (page) => client.listTools(page), (call) => client.callTool(call));
    return { era, ...figures };
  } finally {
    await client.close();
  }
});
