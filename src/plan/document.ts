// The YAML document as a tree that remembers where everything stands. Every later stage reads this tree,
// so no finding has to guess a position.

import type { Location } from '../errors.ts';
import type { Json } from '../values/json.ts';
import type { Path } from './plan.ts';
import type { Positions } from './positions.ts';

export type ScalarNode = {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  /** Offsets of the raw text, without quotes. */
  readonly start: number;
  readonly end: number;
};
export type MapNode = {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly start: number;
};
export type ListNode = { readonly kind: 'list'; readonly items: readonly PlanNode[]; readonly start: number };
export type PlanNode = ScalarNode | MapNode | ListNode;
export type Entry = {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly value: PlanNode;
};

/** A stretch of one line, to point at. */
export type Span = { readonly where: Location; readonly length: number };

export class PlanDocument {
  readonly text: string;
  readonly root: PlanNode;
  readonly json: Json;
  readonly #positions: Positions;

  constructor(text: string, root: PlanNode, positions: Positions) {
    this.text = text;
    this.root = root;
    this.json = toJson(root);
    this.#positions = positions;
  }

  get file(): string {
    return this.#positions.file;
  }

  /** The value at a path; where the path ends early, the nearest above it. An empty value is shown at its key. */
  spanOf(path: Path): Span {
    const { node, entry } = this.#follow(path);
    if (node.kind !== 'scalar') {
      return entry !== undefined && path.length > 0 && node.start < 0
        ? this.#span(entry.start, entry.end)
        : this.#span(node.start, node.start + 1);
    }
    if (node.start < 0) return entry === undefined ? this.#span(0, 1) : this.#span(entry.start, entry.end);
    return this.#span(node.start, node.end);
  }

  /** The key that a path ends in, or the nearest above it; for an item of a list, the item. */
  keySpanOf(path: Path): Span {
    const parent = this.nodeAt(path.slice(0, -1));
    const last = path.at(-1);
    const entry = parent?.kind === 'map' && typeof last === 'string' ? parent.entries.get(last) : undefined;
    if (entry !== undefined) return this.#span(entry.start, entry.end);
    const isThere = path.length === 0 || this.nodeAt(path) !== undefined;
    return isThere ? this.spanOf(path) : this.keySpanOf(path.slice(0, -1));
  }

  /** A stretch of a scalar's value, found again in the raw text even where quotes or folding changed it. */
  spanWithin(path: Path, offset: number, length: number): Span {
    const node = this.nodeAt(path);
    if (node?.kind !== 'scalar' || typeof node.value !== 'string' || node.start < 0) return this.spanOf(path);
    const raw = this.text.slice(node.start, node.end);
    if (raw === node.value) return this.#span(node.start + offset, node.start + offset + length);
    return this.#spanInFolded(node.value, raw, node.start, offset, length);
  }

  nodeAt(path: Path): PlanNode | undefined {
    const found = this.#follow(path);
    return found.complete ? found.node : undefined;
  }

  /** The value at a path as JSON; `undefined` if there is none. */
  valueAt(path: Path): Json | undefined {
    const node = this.nodeAt(path);
    return node === undefined ? undefined : toJson(node);
  }

  /** Keys of the map at a path, in the order written. */
  keysAt(path: Path): readonly string[] {
    const node = this.nodeAt(path);
    return node?.kind === 'map' ? [...node.entries.keys()] : [];
  }

  /** Where to send a reader: a scalar itself; a map or a list by its key, which is what people look for. */
  locate(path: Path): Location {
    const node = this.nodeAt(path);
    return node?.kind === 'scalar' || path.length === 0
      ? this.spanOf(path).where
      : this.keySpanOf(path).where;
  }

  #follow(path: Path): { readonly node: PlanNode; readonly entry?: Entry; readonly complete: boolean } {
    let node = this.root;
    let entry: Entry | undefined;
    for (const part of path) {
      if (node.kind === 'map') {
        const next = node.entries.get(String(part));
        if (next === undefined) return { node, ...(entry && { entry }), complete: false };
        entry = next;
        node = next.value;
      } else {
        const next = node.kind === 'list' && typeof part === 'number' ? node.items[part] : undefined;
        if (next === undefined) return { node, ...(entry && { entry }), complete: false };
        node = next;
      }
    }
    return { node, ...(entry && { entry }), complete: true };
  }

  /** The n-th `${{` of the value is the n-th of the raw text; from there on, characters are counted. */
  #spanInFolded(value: string, raw: string, start: number, offset: number, length: number): Span {
    const opened = value.lastIndexOf('${{', offset);
    const before = opened === -1 ? 0 : value.slice(0, opened).split('${{').length - 1;
    let rawOpened = raw.indexOf('${{');
    for (let n = 0; n < before && rawOpened !== -1; n += 1) rawOpened = raw.indexOf('${{', rawOpened + 3);
    if (opened === -1 || rawOpened === -1) return this.#span(start, start + 1);
    const from = Math.min(start + rawOpened + (offset - opened), start + raw.length - 1);
    return this.#span(from, from + length);
  }

  #span(start: number, end: number): Span {
    const where = this.#positions.at(start);
    const line = this.text.slice(start, Math.max(start, end));
    const firstBreak = line.search(/[\r\n]/);
    return { where, length: Math.max(1, firstBreak === -1 ? line.length : firstBreak) };
  }
}

function toJson(node: PlanNode): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  return Object.fromEntries(Array.from(node.entries.values(), ({ key, value }) => [key, toJson(value)]));
}
