// To the server and back, as a stream both ways. The server is told nothing that a client could have made up.

import type { Env, Origin } from './env';
import { addressOf } from './limits';
import { problem } from './problem';

/** Between two neighbours only (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What programs behind a proxy believe of it: where a request comes from, what it asks for, whose it is. */
const FORGEABLE =
  /^(?:x-turnpike-|x-forwarded-|x-original-|x-rewrite-|x-http-method|x-real-ip$|x-client-ip$|true-client-ip$|cf-|forwarded$|via$)/;

export async function forward(request: Request, env: Env, origin: Origin): Promise<Response> {
  const headers = clean(request.headers);
  for (const name of [...headers.keys()].filter((name) => FORGEABLE.test(name))) {
    headers.delete(name);
  }
  headers.set('X-Forwarded-For', addressOf(request));
  let timer: number | null = null;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), env.ORIGIN_SECONDS * 1000);
  });
  try {
    const sent = origin(
      new Request(targetOf(new URL(request.url), env), {
        method: request.method,
        headers,
        body: request.body,
        // Where a browser is sent is the browser's to follow.
        redirect: 'manual',
        // Cloudflare would keep answers whose path ends in .csv or .js, were it not told otherwise.
        cache: 'no-store',
        // A client that leaves ends its request to the server.
        signal: request.signal,
      }),
    );
    const answer = await Promise.race([sent, late]);
    return answer === 'late' ? timedOut(request) : await passOn(request, answer);
  } catch (error) {
    console.error('the server cannot be reached:', error instanceof Error ? error.message : error);
    return away(request);
  } finally {
    clearTimeout(timer);
  }
}

/** Where the server has what is asked for. */
export function targetOf(url: URL, env: Env): URL {
  if (env.ORIGIN === '') {
    return url;
  }
  const target = new URL(env.ORIGIN);
  // Not resolved as a link would be: `//evil.example/` is a path here, and as a link another host.
  target.pathname = url.pathname;
  target.search = url.search;
  return target;
}

/** Headers without those that are for the next neighbour. */
export function clean(from: Headers): Headers {
  const headers = new Headers(from);
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim());
  for (const name of [...HOP_BY_HOP, ...named.filter((name) => /^[\w-]+$/.test(name))]) {
    headers.delete(name);
  }
  return headers;
}

async function passOn(request: Request, answer: Response): Promise<Response> {
  // From 520 on, it is Cloudflare that speaks: of a server that it could not reach, with a page for people.
  if (answer.status >= 520) {
    await answer.body?.cancel();
    console.error(`the server cannot be reached: ${answer.status}`);
    return answer.status === 522 || answer.status === 524 ? timedOut(request) : away(request);
  }
  const { status, statusText } = answer;
  return new Response(answer.body, { status, statusText, headers: clean(answer.headers) });
}

/** A call may have reached the server: whether it can be sent again is the client's to know. */
function away(request: Request): Response {
  const message = 'the server cannot be reached at the moment; what it did with this request is not known: try again in a minute';
  return problem(request, 502, 'temporarily_unavailable', message);
}

function timedOut(request: Request): Response {
  const message = 'the server did not answer in time; it may still be working on this: look before you try again';
  return problem(request, 504, 'temporarily_unavailable', message);
}
