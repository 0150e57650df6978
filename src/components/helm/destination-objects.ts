// What a rollback would leave live, for the gates: the objects of the revision it goes to, and the hooks that run on
// the way, each with its namespace and no Secret with its data.

import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { withoutSecretData } from '../../values/secret-objects.ts';
import { type ManifestObject, parseManifest } from './manifest.ts';
import type { FindPath } from './object-paths.ts';
import type { HelmRevision } from './release-record.ts';
import { rollbackHooks } from './rollback-notes.ts';

/** Hooks are known by their annotation `helm.sh/hook`; with `hooks: false` none of them is there, because none runs. */
export async function destinationObjects(
  target: HelmRevision,
  options: { readonly hooks: boolean; readonly namespace: string; readonly findPath: FindPath },
): Promise<readonly JsonObject[]> {
  const hooks = options.hooks ? rollbackHooks(target).flatMap(({ manifest }) => parseManifest(manifest)) : [];
  return await Promise.all(
    [...parseManifest(target.manifest), ...hooks].map(async (object) => {
      const path = await options.findPath(object);
      // What the server does not know has no scope that could be asked for; its objects mostly live in a namespace.
      const namespaced = path === undefined || path.collection.includes('/namespaces/');
      return withoutSecretData(namespaced ? placed(object, options.namespace) : object.body);
    }),
  );
}

function placed({ body, namespace }: ManifestObject, home: string): JsonObject {
  const { metadata } = body;
  return {
    ...body,
    metadata: { ...(isJsonObject(metadata) ? metadata : {}), namespace: namespace ?? home },
  };
}
