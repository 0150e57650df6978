// Pieces that every part of an assembled plan is made of: settings with their places, maps in the order of the file.

import { isJsonObject, type JsonObject } from '../values/json.ts';
import type { PlanDocument } from './document.ts';
import type { Part, Path } from './plan.ts';

/** A map in the order of the file: JavaScript objects would put names made of digits first. */
export function ordered<File, Spec>(
  document: PlanDocument,
  section: string,
  entries: Readonly<Record<string, File>>,
  make: (entry: File, name: string) => Spec,
): ReadonlyMap<string, Spec> {
  return new Map(
    document.keysAt([section]).flatMap((name) => {
      const entry = entries[name];
      return entry === undefined ? [] : [[name, make(entry, name)] as const];
    }),
  );
}

/** What stands under `uses` and `with` at a path. */
export function partOf(document: PlanDocument, path: Path, uses: string): Part {
  return {
    uses,
    with: settingsAt(document, [...path, 'with']),
    where: document.locate([...path, 'uses']),
    locate: (below) => document.locate([...path, 'with', ...below]),
  };
}

/** The map at a path, empty where there is none. */
export function settingsAt(document: PlanDocument, path: Path): JsonObject {
  const value = document.valueAt(path);
  return isJsonObject(value) ? value : {};
}

/** The entries that have a value, so that optional keys are absent rather than `undefined`. */
export function defined<Entries extends Readonly<Record<string, unknown>>>(
  entries: Entries,
): { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> } {
  const present: { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> } = {};
  for (const key in entries) {
    const value = entries[key];
    if (isDefined(value)) present[key] = value;
  }
  return present;
}

function isDefined<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}
