// What several gates look at is read once; what the server calls outdated is read again.

import { expect, test } from '@jest/globals';
import type { Cluster, KindContext } from '../../src/ports.ts';
import { withMemory } from '../../src/preflight/one-look.ts';
import { contextWith } from '../checks/check-context.ts';

/** Answers every read with its number, and calls the first dry run of an object outdated. */
function world(): { readonly context: KindContext; readonly reads: readonly string[] } {
  const reads: string[] = [];
  let outdated = true;
  const never = (): never => {
    throw new Error('nobody asked for this');
  };
  const cluster: Cluster = {
    get: async (path) => {
      reads.push(path);
      return { read: reads.length };
    },
    list: never,
    text: never,
    mayI: never,
    whoAmI: never,
    async dryRun(_verb, _path, body) {
      if (outdated) {
        outdated = false;
        throw new Error('Conflict');
      }
      return { accepted: body };
    },
    kubectlFlags: [],
    helmFlags: [],
    namespace: 'shop',
  };
  return { context: withMemory(contextWith({ cluster })), reads };
}

test('a read is done once, and again after the server called it outdated', async () => {
  const { context, reads } = world();
  const { cluster } = context;
  expect([await cluster.get('/a'), await cluster.get('/a'), await cluster.get('/b')]).toEqual([
    { read: 1 },
    { read: 1 },
    { read: 2 },
  ]);
  await expect(cluster.dryRun('replace', '/a?fieldManager=helm', {})).rejects.toThrow('Conflict');
  expect([await cluster.get('/a'), await cluster.get('/b')]).toEqual([{ read: 3 }, { read: 2 }]);
  expect(await cluster.dryRun('replace', '/a', { fresh: true })).toEqual({ accepted: { fresh: true } });
  expect(reads).toEqual(['/a', '/b', '/a']);
});
