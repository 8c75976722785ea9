// The gate in front of a server that runs elsewhere.

import type { Env, Origin } from './env';
import { gate } from './gate';

const elsewhere: Origin = (request) => fetch(request);

export default {
  fetch: (request, env, ctx) => gate(request, env, ctx, elsewhere),
} satisfies ExportedHandler<Env>;
