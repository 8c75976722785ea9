// The TypeScript SDK, version 2, as a client that opens pages. A tool of an integration that nobody has connected asks for
// one; the page is declined, then opened, and somebody connects.
//
//   node PROGRAM URL API_KEY CONNECT modern
//
// CONNECT is what that somebody does: a command as a JSON list.

import { execFileSync } from 'node:child_process';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { checkRevision, report } from './exercise.mjs';

const [url, apiKey, connect, era] = process.argv.slice(2);

await report('typescript-2 opens pages', async () => {
  const [program, ...parameters] = JSON.parse(connect);
  const pages = [];
  const answers = [
    () => ({ action: 'decline' }),
    () => {
      execFileSync(program, parameters, { stdio: 'ignore' });
      return { action: 'accept' };
    },
  ];
  const options = { capabilities: { elicitation: { url: {} } }, versionNegotiation: { mode: 'auto' } };
  const client = new Client({ name: 'turnpike-tests', version: '0' }, options);
  client.setRequestHandler('elicitation/create', ({ params }) => {
    pages.push(params.url);
    return answers.shift()();
  });
  const headers = { Authorization: `Bearer ${apiKey}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  try {
    checkRevision(era, client.getNegotiatedProtocolVersion());
    const call = () => client.callTool({ name: 'list_accounts', arguments: {} });
    const declined = await call();
    if (!declined.isError || !declined.content[0].text.includes(pages[0])) throw new Error('declining is not told with the link.');
    const accepted = await call();
    if (accepted.isError) throw new Error(`connected, and still refused: ${accepted.content[0].text}`);
    const integration = new URL(url).pathname.split('/')[1];
    const page = new URL(`/connections/new/${integration}`, url).href;
    if (pages.length !== 2 || pages.some((asked) => asked !== page)) throw new Error(`asked to open ${pages}, not ${page}.`);
    return { era, asked: pages.length };
  } finally {
    await client.close();
  }
});
