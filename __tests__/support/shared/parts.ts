// The cluster and the forge that all suites of one jest run share: started by the first suite that wants one, ended when
// jest ends. A suite keeps to namespaces and names of its own; one that needs special parts starts them itself.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Cluster, startCluster } from '../../../tools/real-parts/cluster.ts';
import { attachCluster, clusterDescription } from '../../../tools/real-parts/cluster-handle.ts';
import { type Forge, startForge } from '../../../tools/real-parts/forge.ts';
import { attachForge, forgeDescription } from '../../../tools/real-parts/forge-handle.ts';

/** For everything that others on the same cluster or machine could have, too. Such as `e2e-5c1f9b02`. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

/** `stop` closes this suite's connections. */
export function sharedCluster(): Promise<Cluster> {
  return shared('cluster', clusterDescription, {
    start: startCluster,
    attach: async (description) => attachCluster(description),
  });
}

/** Repositories and users of a suite belong to an administrator of its own. */
export function sharedForge(): Promise<Forge> {
  return shared('forge', forgeDescription, { start: startForge, attach: attachForge });
}

const answer = z.union([z.object({ make: z.literal(true) }), z.object({ have: z.unknown() })]);

async function shared<D, P extends { describe(): D }>(
  name: string,
  schema: z.ZodType<D>,
  part: {
    readonly start: (options: { readonly keeper?: string }) => Promise<P>;
    readonly attach: (description: D) => Promise<P>;
  },
): Promise<P> {
  const keeper = process.env['ROLLBACK_PLAN_TEST_KEEPER'];
  if (keeper === undefined) throw new Error('the end-to-end project’s global set-up did not run');
  const socket = connect(keeper);
  try {
    socket.write(`${JSON.stringify({ want: name })}\n`);
    const reply = answer.parse(await firstLine(socket));
    if ('have' in reply) return await part.attach(schema.parse(reply.have));
    const description = (await part.start({ keeper })).describe();
    await new Promise<void>((done) => {
      socket.end(`${JSON.stringify({ made: description })}\n`, done);
    });
    return await part.attach(description);
  } finally {
    socket.destroy();
  }
}

function firstLine(socket: Socket): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('jest’s main process has gone')));
    createInterface({ input: socket }).once('line', (line) => resolve(JSON.parse(line)));
  });
}
