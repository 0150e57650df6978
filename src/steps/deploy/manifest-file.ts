// A file with Kubernetes objects: `kubectl apply`. What it would change, and afterwards whether it did, is what
// `kubectl diff` says, which asks the server.

import { z } from 'zod';
import type { KindContext } from '../../ports.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Captured, Prepared } from '../../values/operation.ts';
import { refuseManagedElsewhere } from './managed-elsewhere.ts';
import { readableKubectlDiff } from './manifest-diff.ts';
import { ask, notOurBusiness, putOut, refuse, type Way } from './way.ts';

const object = z.record(z.string(), z.json());
const anyOutput = z.union([z.looseObject({ kind: z.literal('List'), items: z.array(object) }), object]);
const named = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), resourceVersion: z.string().default('') }),
});

export function applyManifest(context: KindContext, path: string): Way {
  const command = (...verb: readonly string[]): readonly [string, ...string[]] => [
    'kubectl',
    ...verb,
    '-f',
    path,
    `--namespace=${context.cluster.namespace}`,
    ...context.cluster.kubectlFlags,
  ];
  /** Empty when the live objects are what the file says. */
  const difference = async (): Promise<string> => {
    const outcome = await ask(context, command('diff'), [0, 1]);
    return readableKubectlDiff(outcome.raw.toString('utf8'));
  };
  const live = async (): Promise<readonly JsonObject[]> => {
    const outcome = await ask(context, [...command('get'), '--output=json', '--ignore-not-found']);
    const text = outcome.raw.toString('utf8').trim();
    if (text === '') return [];
    const parsed = anyOutput.parse(JSON.parse(text));
    return Array.isArray(parsed['items']) ? z.array(object).parse(parsed['items']) : [object.parse(parsed)];
  };
  return {
    async prepare(): Promise<Prepared> {
      const type = await context.pathType(path);
      if (type !== 'file')
        throw refuse(`the manifest ${path} is ${type}`, 'Name a file below the repository.');
      for (const each of await live()) refuseManagedElsewhere(describe(each), each);
      const changes = await difference();
      return {
        operations: [putOut('kubectl-apply', `apply ${path}`, command('apply'))],
        preview: changes || 'Nothing would change: the live objects are what the file says.\n',
        notes: [],
      };
    },
    async capture(): Promise<Captured> {
      const objects = (await live()).map((each) => {
        const parsed = named.safeParse(each);
        return { object: describe(each), resourceVersion: parsed.data?.metadata.resourceVersion ?? '' };
      });
      return { label: `objects of ${path} before`, data: { objects } };
    },
    async probe() {
      const changes = await difference();
      return changes === ''
        ? { state: 'done', evidence: `the live objects are what ${path} says` }
        : { state: 'not-done', evidence: `the live objects are not what ${path} says` };
    },
    async verify() {
      const changes = await difference();
      if (changes === '') {
        return { state: 'verified', evidence: `the live objects are what ${path} says; ${notOurBusiness}` };
      }
      const names = [...changes.matchAll(/^(?:--- live|#) (\S+)/gm)].map((match) => match[1]);
      return { state: 'failed', evidence: `${names.join(', ')}: not what ${path} says` };
    },
  };
}

function describe(each: JsonObject): string {
  const parsed = named.safeParse(each);
  return parsed.success ? `${parsed.data.kind}/${parsed.data.metadata.name}` : 'an object of the file';
}
