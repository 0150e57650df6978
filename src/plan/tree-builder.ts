// Puts YAML events together into a tree, and says what a plan may not contain while it does.

import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag } from 'js-yaml';
import type { Entry, PlanNode, ScalarNode } from './document.ts';
import { deceptiveCharacters } from './encoding.ts';
import type { Finding } from './findings.ts';
import { limits } from './limits.ts';
import type { Positions } from './positions.ts';
import type { Rule } from './rules.ts';

type Properties = {
  readonly anchor?: string;
  readonly tag?: { readonly text: string; readonly start: number };
};
type ScalarSource = Properties & {
  readonly text: string;
  readonly plain: boolean;
  readonly start: number;
  readonly end: number;
};

type Key = { readonly text: string; readonly start: number; readonly end: number; readonly keep: boolean };

type Frame =
  | {
      readonly kind: 'map';
      readonly start: number;
      readonly anchor: string | undefined;
      readonly entries: Map<string, Entry>;
      key: Key | undefined;
      nodes: number;
      height: number;
    }
  | {
      readonly kind: 'list';
      readonly start: number;
      readonly anchor: string | undefined;
      readonly items: PlanNode[];
      nodes: number;
      height: number;
    };

/** A node with what aliases to it cost. */
type Sized = { readonly node: PlanNode; readonly nodes: number; readonly height: number };

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

export class TreeBuilder {
  /** Set once going on would only cost time. */
  stopped = false;
  readonly #positions: Positions;
  readonly #findings: Finding[] = [];
  readonly #frames: Frame[] = [];
  readonly #anchors = new Map<string, Sized>();
  #root: PlanNode | undefined;
  #aliases = 0;

  constructor(positions: Positions) {
    this.#positions = positions;
  }

  result(): { readonly root: PlanNode | undefined; readonly findings: readonly Finding[] } {
    if (this.stopped) return { root: undefined, findings: this.#findings };
    const root = this.#root;
    const isEmpty = root === undefined || (root.kind === 'scalar' && root.value === null);
    if (isEmpty && this.#findings.length === 0) {
      this.#find(
        'syntax',
        0,
        1,
        'the plan is empty',
        'begin with `version: 1`, `service:` and `components:`',
      );
    }
    return { root: isEmpty ? undefined : root, findings: this.#findings };
  }

  open(source: Properties & { readonly kind: 'map' | 'list'; readonly start: number }): void {
    this.#refuseTag(source.tag);
    const base = { start: source.start, anchor: source.anchor, nodes: 1, height: 1 };
    this.#frames.push(
      source.kind === 'map'
        ? { ...base, kind: 'map', entries: new Map(), key: undefined }
        : { ...base, kind: 'list', items: [] },
    );
  }

  close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    const { start, nodes, height } = frame;
    const node: PlanNode =
      frame.kind === 'map'
        ? { kind: 'map', entries: frame.entries, start }
        : { kind: 'list', items: frame.items, start };
    this.#place({ node, nodes, height }, frame.anchor, start, start + 1);
  }

  scalar(source: ScalarSource): void {
    this.#refuseTag(source.tag);
    const node: ScalarNode = {
      kind: 'scalar',
      value: this.#resolve(source),
      start: source.start,
      end: source.end,
    };
    this.#refuseDeceptive(source);
    const parent = this.#frames.at(-1);
    if (parent?.kind === 'map' && parent.key === undefined) this.#takeKey(parent, source);
    else this.#place({ node, nodes: 1, height: 0 }, source.anchor, source.start, source.end);
  }

  alias(anchor: string, start: number): void {
    this.#aliases += 1;
    const length = anchor.length + 1;
    if (this.#aliases > limits.aliases) {
      this.#stop(start, length, `the plan has more than ${limits.aliases} aliases`);
      return;
    }
    const target = this.#anchors.get(anchor);
    if (target === undefined) {
      const isOpen = this.#frames.some((frame) => frame.anchor === anchor);
      const message = isOpen
        ? `the alias \`*${anchor}\` contains itself`
        : `there is no anchor \`&${anchor}\` before this alias`;
      this.#find('syntax', start, length, message, 'write the value out instead');
      this.#place(
        { node: { kind: 'scalar', value: null, start, end: start + length }, nodes: 1, height: 0 },
        undefined,
        start,
        start + length,
      );
      return;
    }
    if (this.#frames.length + target.height > limits.depth) {
      this.#stop(start, length, `values are nested more than ${limits.depth} deep once aliases are expanded`);
      return;
    }
    this.#place(target, undefined, start, start + length);
  }

  #place(sized: Sized, anchor: string | undefined, start: number, end: number): void {
    const parent = this.#frames.at(-1);
    if (anchor !== undefined) this.#anchors.set(anchor, sized);
    if (parent === undefined) {
      this.#root ??= sized.node;
      return;
    }
    parent.nodes += sized.nodes;
    parent.height = Math.max(parent.height, sized.height + 1);
    if (parent.nodes > limits.nodes) {
      this.#stop(
        start,
        end - start,
        `the plan holds more than ${limits.nodes} values once aliases are expanded`,
      );
      return;
    }
    if (parent.kind === 'list') {
      parent.items.push(sized.node);
    } else if (parent.key === undefined) {
      this.#find('type', start, 1, 'a key is a plain text here, not a list, a map or an alias');
      parent.key = { text: '', start, end, keep: false };
    } else {
      const { text, start: keyStart, end: keyEnd, keep } = parent.key;
      parent.key = undefined;
      if (keep) parent.entries.set(text, { key: text, start: keyStart, end: keyEnd, value: sized.node });
    }
  }

  #takeKey(parent: Extract<Frame, { readonly kind: 'map' }>, source: ScalarSource): void {
    const { text, start, end, plain } = source;
    const length = Math.max(1, end - start);
    let keep = true;
    const refuse = (rule: Rule, message: string, hint?: string): void => {
      this.#find(rule, start, length, message, hint);
      keep = false;
    };
    if (source.anchor !== undefined) refuse('type', 'a key can not carry an anchor');
    if (plain && text === '<<') {
      refuse(
        'merge-key',
        'merge keys (`<<`) are not supported',
        'write the keys out, or alias a whole value',
      );
    } else if (forbiddenKeys.has(text)) {
      refuse('forbidden-key', `\`${text}\` can not be a key`, 'choose another name');
    } else if (parent.entries.has(text)) {
      const first = this.#positions.at(parent.entries.get(text)?.start ?? 0);
      refuse('duplicate-key', `the key \`${text}\` is already in line ${first.line}`, 'keep one of the two');
    }
    parent.key = { text, start: Math.max(0, start), end: Math.max(0, end), keep };
  }

  #resolve(source: ScalarSource): ScalarNode['value'] {
    const { text, plain, start } = source;
    if (!plain) return text;
    if (nullCoreTag.resolve(text, false, '') !== NOT_RESOLVED) return null;
    const truth = boolCoreTag.resolve(text, false, '');
    if (truth !== NOT_RESOLVED) return truth;
    const whole = intCoreTag.resolve(text, false, '');
    const number = whole === NOT_RESOLVED ? floatCoreTag.resolve(text, false, '') : whole;
    if (number === NOT_RESOLVED) return text;
    if (!Number.isFinite(number)) {
      this.#find(
        'type',
        start,
        text.length,
        `\`${text}\` is not a finite number`,
        `if it is a text, quote it: "${text}"`,
      );
    } else if (whole !== NOT_RESOLVED && !Number.isSafeInteger(number)) {
      this.#find(
        'type',
        start,
        text.length,
        `\`${text}\` is too large to be kept exactly`,
        `if it is an id, quote it: "${text}"`,
      );
    } else {
      return number;
    }
    return text;
  }

  /** Escapes such as `"\u202e"` bring back what the raw text may not hold. */
  #refuseDeceptive({ text, plain, start, end }: ScalarSource): void {
    if (plain) return;
    const first = deceptiveCharacters(text)[0];
    if (first === undefined) return;
    this.#find('encoding', start, end - start, `the text holds ${first.name}`, 'delete the escape sequence');
  }

  #refuseTag(tag: Properties['tag']): void {
    if (tag === undefined) return;
    this.#find(
      'explicit-tag',
      tag.start,
      tag.text.length,
      `tags such as \`${tag.text.slice(0, 60)}\` are not supported`,
      'delete the tag; quote the value if it is a text',
    );
  }

  #stop(start: number, length: number, message: string): void {
    this.#find('limit', start, length, message, 'write what is needed, once');
    this.stopped = true;
  }

  #find(rule: Rule, start: number, length: number, message: string, hint?: string): void {
    if (this.#findings.length >= limits.enough) this.stopped = true;
    const where = this.#positions.at(start);
    const base = { rule, severity: 'error', message, where, length: Math.max(1, length) } as const;
    this.#findings.push(hint === undefined ? base : { ...base, hint });
  }
}
