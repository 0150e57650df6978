// Reads the rendered manifest of a Helm revision into objects, in the very YAML dialect that Helm and the API server
// read it in: YAML 1.1 booleans and octal numbers, but neither dates nor base-60 numbers.

import {
  boolYaml11Tag,
  defineScalarTag,
  loadAll,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';

/** One object of a manifest. `namespace` is only set where the manifest itself names one. */
export type ManifestObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly body: JsonObject;
};

const integerPattern = /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)$/;
const floatPattern = /^[-+]?[0-9]*\.?[0-9]+(?:[eE][-+][0-9]+)?$/;

const integerTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  resolve: (source) => (integerPattern.test(source) ? parseInteger(source) : NOT_RESOLVED),
  identify: () => false,
});

const floatTag = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  resolve: (source, explicit) =>
    floatPattern.test(source) || (explicit && integerPattern.test(source)) ? Number(source) : NOT_RESOLVED,
  identify: () => false,
});

const manifestSchema = new Schema([
  strTag,
  seqTag,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  boolYaml11Tag,
  integerTag,
  floatTag,
]);

/** The objects of a manifest in its order, lists taken apart. Throws what js-yaml throws for text that is no YAML. */
export function parseManifest(text: string): readonly ManifestObject[] {
  // A later duplicate key wins for Helm (`json: true`), and anchors are legal but never many: both as Helm has it.
  return loadAll(text, { schema: manifestSchema, json: true, maxAliases: 10_000 }).flatMap((document) =>
    objectsOf(toJson(document)),
  );
}

/** `Deployment/api`, or `Deployment/api in other` for one outside the release's namespace. */
export function describeObject(object: ManifestObject): string {
  const where = object.namespace === undefined ? '' : ` in ${object.namespace}`;
  return `${object.kind}/${object.name}${where}`;
}

/** Equal for the same object in two manifests, whatever API version either of them uses. */
export function objectKey(object: ManifestObject): string {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/', 1)[0] : '';
  return `${group}|${object.kind}|${object.namespace ?? ''}|${object.name}`;
}

/** The value at a path of keys, `undefined` where the way ends early. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found = value;
  for (const key of path) found = isJsonObject(found) ? found[key] : undefined;
  return found;
}

function objectsOf(document: Json): readonly ManifestObject[] {
  if (!isJsonObject(document)) return [];
  const { kind, apiVersion } = document;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return [];
  if (kind.endsWith('List') && Array.isArray(document['items'])) return document['items'].flatMap(objectsOf);
  const name = at(document, 'metadata', 'name');
  const namespace = at(document, 'metadata', 'namespace');
  if (typeof name !== 'string') return [];
  return [
    {
      apiVersion,
      kind,
      name,
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
      body: document,
    },
  ];
}

function parseInteger(source: string): number {
  const digits = source.replaceAll('_', '').replace(/^[-+]/, '');
  const octal = /^0o?([0-7]+)$/.exec(digits);
  const magnitude = octal === null ? Number(digits) : Number.parseInt(octal[1] ?? '0', 8);
  return source.startsWith('-') ? -magnitude : magnitude;
}

function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, toJson(child)]));
}
