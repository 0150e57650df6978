// What a gate is: it looks, and then it judges what it saw. ADR 0018. Adding one: a file beside this, a line in
// `registry.ts`, a section in `docs/preflight.md`.

import type { Part, Plan } from '../../plan/plan.ts';
import type { FileFacts } from '../../ports/file-facts.ts';
import type { KindContext } from '../../ports.ts';
import type { Snapshot } from '../../state/ledger.ts';
import type { BoundComponent, Pin } from '../../target/pin.ts';
import type { Hazard, Requirement } from '../../values/operation.ts';

export type GateFinding = {
  /** `refuse` stops a run unless overridden. `unknown` is shown and lets it go on, but is not ready. */
  readonly state: 'pass' | 'warn' | 'refuse' | 'unknown';
  /** Component, tool or object it is about: `api`, `quota compute-resources`. */
  readonly subject: string;
  /** What was seen, one line. */
  readonly detail: string;
  /** What to do now; there is one for everything but `pass`. */
  readonly hint?: string;
};

/** What gates may look at. Nothing has changed yet, and no gate changes anything. */
export type GateSubject = {
  readonly context: KindContext;
  readonly plan: Plan;
  readonly components: readonly BoundComponent[];
  /** With where each goes, and the objects and hazards that its kind prepared. */
  readonly pins: ReadonlyMap<string, Pin>;
  /** Of components, steps and checks of this run. */
  readonly requirements: readonly Requirement[];
  /** Given by a person. Only for gates that have less to ask because of one. */
  readonly overrides: readonly string[];
  readonly files: FileFacts;
  /** One look with a check of the plan, its expressions computed. Throws what the check throws. */
  readonly measure: (check: Part) => Promise<Measured>;
  /** What was verified, newest first. Throws where the ledger can't be read. */
  readonly snapshots: () => Promise<readonly Snapshot[]>;
  /** A dry run of the button: what it finds is told to whoever approves, and another account may act. */
  readonly planOnly: boolean;
  /** Gives up looking; a gate that is not done then is `unknown`. */
  readonly signal: AbortSignal;
};

/** What a check saw. `inconclusive` and `error` are no data. */
export type Measured = {
  readonly state: 'pass' | 'fail' | 'inconclusive' | 'error';
  readonly evidence: string;
};

export type Gate<Facts> = {
  /** One word, as in the table and in `docs/preflight.md`: `image`. */
  readonly name: string;
  readonly summary: string;
  /** What a person gives to go on although this gate refuses; absent where nothing may override it. */
  readonly override?: string;
  /** Reads. What it throws becomes one `unknown` finding. */
  collect(subject: GateSubject): Promise<Facts>;
  /** Pure. No findings: the gate has nothing to say about this plan. */
  judge(facts: Facts): readonly GateFinding[];
};

/** Hazards that kinds told under a gate's name, as findings. Pure. */
export function hazardsFor(gate: string, pins: GateSubject['pins']): readonly GateFinding[] {
  const told = [...pins].flatMap(([component, { prepared }]) =>
    (prepared.hazards ?? []).map((hazard: Hazard) => ({ component, ...hazard })),
  );
  return told
    .filter((hazard) => hazard.gate === gate)
    .map(({ component, state, detail, hint }) => ({ state, subject: component, detail, hint }));
}
