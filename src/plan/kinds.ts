// What the plan needs to know of a kind: its name, its settings, and what it can do. The registries fit these shapes,
// and so do the small kinds of the tests.

import type { z } from 'zod';

export type KindShape = {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
};

export type StepKindShape = KindShape & {
  /** Present when the kind can undo itself half-way. */
  readonly compensate?: unknown;
  /** `once` if the kind never repeats its operations; then `retries` makes no sense. */
  readonly retry?: 'read' | 'idempotent' | 'once';
};

export type PlanKinds = {
  readonly components: ReadonlyMap<string, StepKindShape>;
  readonly steps: ReadonlyMap<string, StepKindShape>;
  readonly checks: ReadonlyMap<string, KindShape>;
};

/** The step kind behind the key `run:`. */
export const runKind = 'run';
