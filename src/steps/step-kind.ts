// The verbs a step kind has: an act that is not "take a component back", such as running a script or scaling.
// Adding one: a file beside this, a line in `registry.ts`, a page in `docs/kinds/`, an example.

import type { z } from 'zod';
import type { KindContext } from '../ports.ts';
import type { JsonObject } from '../values/json.ts';
import type {
  Captured,
  OperationResult,
  Prepared,
  Probe,
  Requirement,
  Verification,
} from '../values/operation.ts';

export interface StepKind<With> {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType<With>;
  readonly timeoutMs: number;

  requires(settings: With): readonly Requirement[];
  /** The exact operations, as data. Changes nothing itself. */
  prepare(context: KindContext, settings: With): Promise<Prepared>;
  /** Outputs for later steps (`steps.<id>.outputs.<name>`), read from what the operations left behind. */
  outputs?(results: readonly OperationResult[], settings: With): JsonObject;
  /** State worth keeping before the act; `undefined` when there is none. */
  capture(context: KindContext, settings: With): Promise<Captured | undefined>;
  /** After a crash: did it happen? `unknown` is an honest answer and asks a person. */
  probe(context: KindContext, settings: With): Promise<Probe>;
  /** Is what it promised true? A kind that can't tell more than its operations' success says so in the evidence. */
  verify(context: KindContext, settings: With, results: readonly OperationResult[]): Promise<Verification>;
  compensate?(context: KindContext, settings: With, captured: Captured | undefined): Promise<Prepared>;
}
