// How a ConfigMap is written so that the next deployment works as if the tag had been deployed: by creating it, by
// applying in the deployer's name, or by replacing it. Each is tried on the server before it is chosen.

import type { KindContext } from '../../ports.ts';
import { type ConfigContent, contentDigest } from '../../values/config-map.ts';
import type { JsonObject } from '../../values/json.ts';
import {
  collectionPath,
  type LiveConfigMap,
  newConfigMap,
  readConfigMap,
  replacementFor,
} from './config-map-object.ts';
import { appliedBy, soleApplier } from './server-side-apply.ts';

export type Write = {
  readonly verb: string;
  readonly args: readonly [string, ...string[]];
  readonly object: JsonObject;
  /** What the server would make of it. */
  readonly answer: JsonObject;
  readonly notes: readonly string[];
};

export async function chooseWrite(
  context: KindContext,
  request: {
    readonly namespace: string;
    readonly name: string;
    readonly live: LiveConfigMap | undefined;
    readonly content: ConfigContent;
    readonly marks: Readonly<Record<string, string>>;
  },
): Promise<Write> {
  const { namespace, name, live, content, marks } = request;
  const { cluster } = context;
  const path = collectionPath(namespace);
  if (live === undefined) {
    const object = newConfigMap({ namespace, name }, content, marks);
    const answer = await cluster.dryRun('create', path, object);
    return { verb: 'create', args: ['create'], object, answer, notes: [] };
  }
  const applier = soleApplier(live);
  if (applier !== undefined) {
    const object = appliedBy(applier, live, content, marks);
    const query = new URLSearchParams({ fieldManager: applier.manager, force: 'true' }).toString();
    const answer = await cluster.dryRun(
      'patch',
      `${path}/${name}?${query}`,
      object,
      'application/apply-patch+yaml',
    );
    if (contentDigest(readConfigMap(answer).content) === contentDigest(content)) {
      const flags = ['--server-side', '--force-conflicts', `--field-manager=${applier.manager}`];
      return { verb: 'apply', args: ['apply', ...flags], object, answer, notes: [] };
    }
    // Somebody else owns keys that an apply would leave there: only a replacement removes those.
  }
  const { object, droppedLastApplied } = replacementFor(live, content, marks);
  const answer = await cluster.dryRun('replace', `${path}/${name}`, object);
  const notes = [
    ...(applier === undefined
      ? []
      : [
          `Keys of other owners go, too; the next kubectl apply --server-side of ${name} needs --force-conflicts once.`,
        ]),
    ...(droppedLastApplied
      ? [
          `The content is too large for the record that kubectl apply keeps, which goes: deploy ${name} with kubectl apply --server-side or kubectl replace from now on.`,
        ]
      : []),
  ];
  return { verb: 'replace', args: ['replace'], object, answer, notes };
}
