// The gate in front of a server that runs in Cloudflare's containers.

import { Container, getRandom } from '@cloudflare/containers';
import type { Env, Origin } from './env';
import { gate } from './gate';

export interface ContainerEnv extends Env {
  readonly SERVER: DurableObjectNamespace<Server>;
  /** How many containers requests are spread over: `max_instances` of the container. */
  readonly INSTANCES: number;
}

/** Variables that the server is given: its settings and secrets, and what AWS's libraries read. */
const PASSED_ON = /^(TURNPIKE|AWS)_/;

/** One container with the server in it. */
export class Server extends Container<ContainerEnv> {
  override defaultPort = 8080;
  override sleepAfter = '10m';
  override pingEndpoint = 'localhost/health';

  constructor(ctx: DurableObjectState<{}>, env: ContainerEnv) {
    super(ctx, env);
    this.envVars = settings(env);
  }
}

const containers =
  (env: ContainerEnv): Origin =>
  async (request) => {
    const server = await getRandom(env.SERVER, env.INSTANCES);
    return server.fetch(request);
  };

export default {
  fetch: (request, env, ctx) => gate(request, env, ctx, containers(env)),
  // Background work is done by a server that is awake: the cron trigger keeps one so.
  scheduled: async (_, env) => {
    const answer = await containers(env)(new Request(`${env.PUBLIC_URL}/health`));
    await answer.body?.cancel();
  },
} satisfies ExportedHandler<ContainerEnv>;

function settings(env: ContainerEnv): Record<string, string> {
  const all: [string, unknown][] = Object.entries(env);
  return Object.fromEntries(
    all.filter((entry): entry is [string, string] => PASSED_ON.test(entry[0]) && typeof entry[1] === 'string'),
  );
}
