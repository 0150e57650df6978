// Helm and kubectl quote whole objects in their error messages. A Kubernetes Secret in such a message would be printed
// with its data, and nobody declared those values as secrets, so they are recognised by their shape.

import { isJsonObject, type JsonObject } from './json.ts';

const isSecret = /\\*"kind\\*"\s*:\s*\\*"Secret\\*"/;

/** A line in which a quoted Secret object, escaped or not, is replaced by a note. Other lines come back as they are. */
export function hideSecretObjects(line: string): string {
  if (!isSecret.test(line)) return line;
  const from = line.indexOf('{');
  const to = line.lastIndexOf('}');
  // Without both braces the object was cut somewhere: then nothing of the line is safe to show.
  if (from < 0 || to < from) return '(a line with a Secret object, hidden)';
  return `${line.slice(0, from)}{a Secret object, hidden}${line.slice(to + 1)}`;
}

/** The same for a text of many lines; one that is all JSON of a Secret is hidden as a whole. */
export function hideSecretObjectsIn(text: string): string {
  if (!isSecret.test(text)) return text;
  const lines = text.split('\n');
  if (lines.some((line) => isSecret.test(line) && line.includes('{')))
    return lines.map(hideSecretObjects).join('\n');
  return '(output with a Secret object, hidden)';
}

/** The object as it is; of a Secret nothing that it keeps, also not the copy that `kubectl apply` keeps of it. */
export function withoutSecretData(object: JsonObject): JsonObject {
  if (object['kind'] !== 'Secret') return object;
  const { data: _data, stringData: _stringData, metadata, ...rest } = object;
  if (!isJsonObject(metadata)) return rest;
  const { annotations, managedFields: _managed, ...own } = metadata;
  if (!isJsonObject(annotations)) return { ...rest, metadata: own };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations;
  return { ...rest, metadata: { ...own, annotations: kept } };
}
