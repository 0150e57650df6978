// Whether what is live was put back by an undo, or is old content that somebody deployed again. The controllers' own
// notes are the same for both, so the writer of the template tells: an undo by kubectl writes under its own name.

import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { isRestartMark, withoutRestarts } from './pod-template.ts';
import { sameContent, type WorkloadRevision } from './revisions.ts';

/** An entry of `metadata.managedFields`, as far as it is read. */
export type FieldOwner = {
  readonly manager?: string | null | undefined;
  readonly operation?: string | null | undefined;
  readonly subresource?: string | null | undefined;
  /** RFC 3339 UTC, in whole seconds. */
  readonly time?: string | null | undefined;
  readonly fieldsV1?: JsonObject | null | undefined;
};

/**
 * `kubectl rollout undo` names no field manager, so the server takes the program's name. All other commands that write
 * a template name one (`kubectl-client-side-apply`, `kubectl-set`, `kubectl-edit`), and a server-side apply of
 * `kubectl` is an Apply.
 */
const undoManagers: readonly string[] = ['kubectl', 'kubectl.exe', 'oc', 'kubectl-rollout'];

/** What the live revision put back, in words, when an undo brought it; also when it was only restarted since. Pure. */
export function putBackBy(
  current: WorkloadRevision,
  revisions: readonly WorkloadRevision[],
  owners: readonly FieldOwner[],
): string | undefined {
  const { same, before } = sameContent(current, revisions);
  const number = same.map(({ earlier }) => earlier.at(-1)).find((each) => each !== undefined);
  const what = number === undefined ? 'an earlier revision' : String(number);
  const writer = lastWriter(owners);
  // Who only takes something away becomes the owner of nothing: then no owner tells who it was.
  const told =
    before !== undefined &&
    !isWithin(withoutRestarts(current.template.content), withoutRestarts(before.template.content));
  if (writer === undefined || !told) {
    return same.some((each) => isOlderThanOneBelow(each, revisions)) ? what : undefined;
  }
  // What an undo brings back was there before; what came after it is a deployment that took nothing over.
  const wasThere = same.some(
    ({ createdAt }) => createdAt !== undefined && Date.parse(createdAt) <= writer.at,
  );
  return writer.undo && wasThere ? what : undefined;
}

/** Going back keeps the old object under a new number: it is then older than one with a lower number. */
function isOlderThanOneBelow(
  { createdAt, number }: WorkloadRevision,
  revisions: readonly WorkloadRevision[],
): boolean {
  return (
    createdAt !== undefined &&
    revisions.some(
      (lower) =>
        lower.number < number &&
        lower.createdAt !== undefined &&
        Date.parse(createdAt) < Date.parse(lower.createdAt),
    )
  );
}

type Writer = { readonly at: number; readonly undo: boolean };

/** Of the newest entry that owns more of the template than a restart leaves; `undefined` where owners are not kept. */
function lastWriter(owners: readonly FieldOwner[]): Writer | undefined {
  const writers = owners.flatMap(({ manager, operation, subresource, time, fieldsV1 }): readonly Writer[] => {
    const at = Date.parse(time ?? '');
    const template = childOf(childOf(fieldsV1 ?? undefined, 'f:spec'), 'f:template');
    if (Number.isNaN(at) || subresource || !ownsContent(template)) return [];
    return [{ at, undo: operation === 'Update' && undoManagers.includes(manager ?? '') }];
  });
  const newest = Math.max(...writers.map(({ at }) => at));
  const last = writers.filter(({ at }) => at === newest);
  // Who of two wrote last within one second can't be told; a deployment never ends in a false "already there".
  return last.find(({ undo }) => !undo) ?? last[0];
}

function ownsContent(template: Json | undefined): boolean {
  if (!isJsonObject(template)) return false;
  return Object.keys(template).some((key) => {
    if (key === '.') return false;
    if (key !== 'f:metadata') return true;
    const { 'f:annotations': annotations, '.': _self, ...others } = objectOf(template[key]);
    const own = Object.keys(objectOf(annotations)).filter((each) => each !== '.');
    return Object.keys(others).length > 0 || own.some((each) => !isRestartMark(each.slice('f:'.length)));
  });
}

/** Whether `part` is `whole` with nothing but something taken away. */
function isWithin(part: Json | undefined, whole: Json | undefined): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((each) => whole.some((other) => isWithin(each, other)));
  }
  if (!isJsonObject(part)) return part === whole;
  return isJsonObject(whole) && Object.entries(part).every(([key, value]) => isWithin(value, whole[key]));
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  return objectOf(value)[key];
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
