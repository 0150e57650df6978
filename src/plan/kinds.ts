// What the plan needs to know of a kind: its name, its settings, and what it can do. The registries fit these shapes,
// and so do the small kinds of the tests.

import type { z } from 'zod';
import type { Advice } from '../checks/check-kind.ts';
import type { JsonObject } from '../values/json.ts';

export type KindShape = {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
};

export type StepKindShape = KindShape & {
  /** Present when the kind can undo itself half-way. */
  readonly compensate?: unknown;
};

export type CheckKindShape = KindShape & {
  /** What the linter warns of, from the settings as written. */
  advise?(settings: JsonObject): readonly Advice[];
};

export type PlanKinds = {
  readonly components: ReadonlyMap<string, StepKindShape>;
  readonly steps: ReadonlyMap<string, StepKindShape>;
  readonly checks: ReadonlyMap<string, CheckKindShape>;
};

/** The step kind behind the key `run:`. */
export const runKind = 'run';

/** The check kind whose setting `run` is a script, too. */
export const commandKind = 'command';

/** The settings of that kind, which stand on the step itself. */
export const runKeys = ['run', 'shell', 'env', 'outputs', 'idempotent', 'done-if'] as const;

/** Those of them that a shell executes. */
export const scriptKeys: readonly string[] = ['run', 'done-if'];
