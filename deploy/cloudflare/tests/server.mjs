// The real server behind the gate: `turnpike demo`, which makes its first call through the gate itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { here, inFolder, start } from './edge.mjs';

export const program = process.env.TURNPIKE ?? `${here}/../../target/debug/turnpike`;

/** The gate's address is the server's public one, so it is there first; what comes before the server waits for it. */
export function behindTheGate(made, use) {
  return inFolder(async (data) => {
    const ends = [];
    let found;
    const port = new Promise((done) => (found = done));
    const way = createServer(async (socket) => {
      const onward = connect(await port, '127.0.0.1');
      for (const [from, to] of [[socket, onward], [onward, socket]]) from.on('error', () => to.destroy()).pipe(to);
    });
    try {
      await once(way.listen(0, '127.0.0.1'), 'listening');
      ends.push(() => way.close());
      const origin = `http://127.0.0.1:${way.address().port}`;
      const after = (end) => ends.push(end);
      // Miniflare tells its address only once it listens, and then takes other variables at the same one.
      const { url, worker, options } = await start({ after }, made, { vars: { ORIGIN: origin } });
      await worker.setOptions({ ...options, port: Number(new URL(url).port), bindings: { ...options.bindings, PUBLIC_URL: url } });
      await worker.ready;
      const env = { ...process.env, TURNPIKE_SERVER__PUBLIC_URL: url, TURNPIKE_SERVER__ALLOWED_HOSTS: '127.0.0.1' };
      const server = spawn(program, ['demo', '--json', '--listen', '127.0.0.1:0', '--data', data], { env });
      const gone = once(server, 'exit');
      ends.push(async () => (server.kill(), await gone));
      const log = [];
      createInterface({ input: server.stderr }).on('line', (line) => {
        log.push(line);
        const address = / serving address=127\.0\.0\.1:(\d+)/.exec(line.replaceAll(/\x1b\[\d*m/g, ''));
        if (address) found(Number(address[1]));
      });
      const told = once(createInterface({ input: server.stdout }), 'line');
      const [line] = await Promise.race([told, gone.then(() => Promise.reject(new Error(log.join('\n'))))]);
      await use({ url, data, demo: JSON.parse(line), direct: `http://127.0.0.1:${await port}` });
    } finally {
      for (const end of ends.reverse()) await end();
    }
  });
}

/** A person with a browser that has no eyes: it keeps cookies and sends forms. */
export class Visitor {
  cookies = new Map();

  constructor(url) {
    this.url = url;
  }

  async ask(path, form) {
    const headers = { cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '), 'sec-fetch-site': 'same-origin' };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(new URL(path, this.url), { method: form ? 'POST' : 'GET', body, headers, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.cookies.set(name, value);
    }
    return answer;
  }

  /** Sends a form that must be taken. Where it leads. */
  async submit(path, form) {
    const answer = await this.ask(path, form);
    if (answer.status !== 303) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.headers.get('location');
  }
}

/** What a form of a page would send that nobody has touched. */
export function fields(page, action) {
  const form = page.split(`action="${action}"`)[1].split('</form>')[0];
  const inputs = [...form.matchAll(/<input ([^>]*)>/g)].map(([, input]) => input);
  const sent = inputs.filter((input) => !/type="(?:checkbox|radio)"/.test(input) || / checked/.test(input));
  const attribute = (input, name) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(input)?.[1] ?? '';
  return sent.map((input) => [attribute(input, 'name'), attribute(input, 'value')]);
}
