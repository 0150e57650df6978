// The one verb a check kind has: measure, and compare with the health the plan expects.
// Adding one: a file beside this, a line in `registry.ts`, a page in `docs/kinds/`, an example.

import type { z } from 'zod';
import type { KindContext } from '../ports.ts';
import type { Json, JsonObject } from '../values/json.ts';
import type { Requirement } from '../values/operation.ts';
import type { PlottedUnit } from '../values/plotted.ts';

/**
 * Four answers, never three: `inconclusive` is "no usable data", `error` is "could not measure".
 * Neither is ever a pass.
 */
export type Measurement = {
  readonly state: 'pass' | 'fail' | 'inconclusive' | 'error';
  /** What was measured, for tables and machines. */
  readonly value: Json;
  /** What was expected, as the plan says it. */
  readonly expected: string;
  /** One line: `GET https://… answered 503 after 12 ms, expected 200`. */
  readonly evidence: string;
  /** It got worse than before the deploy by the check's own `compare`: what failed before already is no excuse then. */
  readonly worse?: true;
  /** For charts, where the measurement is one number. */
  readonly plot?: Plot;
};

export type Plot = {
  readonly value: number;
  /** Where health ends, when the expectation is a bound. */
  readonly limit?: number;
  /** `ratio` is printed as percent, `ms` as a duration. */
  readonly unit: PlottedUnit;
};

/** What the same check measured before the deploy (ADR 0022), or why its value is not known. */
export type Before =
  | {
      /** RFC 3339, UTC. */
      readonly at: string;
      /** `fail` where it kept failing by the condition's own rule. */
      readonly state: Measurement['state'];
      /** Its `Measurement.value`. */
      readonly value: Json;
      readonly missing?: never;
    }
  | {
      readonly state?: Measurement['state'];
      readonly value?: never;
      /** For people: `the baseline of it was too large to keep`. */
      readonly missing: string;
    };

/** What a plan that works does not say as well as its author thinks. `path`: of the setting, from `with` down. */
export type Advice = {
  readonly rule: 'errors-per-second' | 'share-over-one' | 'no-floor' | 'no-watchdog';
  readonly path: readonly string[];
  readonly message: string;
  readonly hint: string;
};

export interface CheckKind<With> {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType<With>;
  /** Longest time one measurement may take unless the plan says otherwise, in ms. */
  readonly timeoutMs: number;

  requires(settings: With): readonly Requirement[];
  /**
   * How long ago what it measures may have happened, ms: so long it may take to pass again once all is well. Only where
   * it is more than a moment. From the settings as the plan has them, expressions and all.
   */
  looksBackMs?(settings: JsonObject): number;
  /** What the linter warns of. From the settings as the plan has them, expressions and all, whether they fit or not. */
  advise?(settings: JsonObject): readonly Advice[];
  /**
   * What it measures is an average over that time, taken from samples: a rate over five minutes still has four good ones in
   * it a minute after a deploy.
   */
  readonly averages?: boolean;
  /**
   * One measurement. The caller decides how often, how many and how long. Throws nothing: a fault is `error`. `before`:
   * what it measured before the deploy, where that is known.
   */
  measure(context: KindContext, settings: With, before?: Before): Promise<Measurement>;
}
