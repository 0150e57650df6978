// What the machine makes of a bad deploy: facts in, a decision with its reasons out. ADR 0021. Brake, point of no return
// and gates are asked by whoever carries it out.

import type { WatchResult } from '../events.ts';
import type { SeveritySpec } from '../plan/plan.ts';

export type DeployDecision = {
  /** `prepare`: show what a rollback would run, and leave it to a person. `tell`: nothing but that. */
  readonly type: 'roll-back' | 'prepare' | 'tell';
  readonly trigger: string | undefined;
  readonly severity: string | undefined;
  /** `undefined`: the default one. */
  readonly scenario: string | undefined;
  readonly reasons: readonly string[];
};

/** `given`: severity and scenario that the run was started with; a trigger's own come first. */
export function decideDeploy(facts: {
  readonly seen: Pick<WatchResult, 'because' | 'trigger' | 'severity' | 'scenario'>;
  readonly given: { readonly severity: string | undefined; readonly scenario: string | undefined };
  readonly severities: ReadonlyMap<string, Pick<SeveritySpec, 'action' | 'approvals'>>;
}): DeployDecision {
  const { seen, given, severities } = facts;
  const severity = seen.severity ?? given.severity;
  const common = {
    trigger: seen.trigger,
    severity,
    scenario: seen.scenario ?? given.scenario,
    reasons: seen.because,
  };
  const spec = severity === undefined ? undefined : severities.get(severity);
  if (spec === undefined) return { type: 'roll-back', ...common };
  switch (spec.action) {
    case 'monitor':
      return { ...common, type: 'tell', reasons: [...seen.because, `severity ${severity} is only told`] };
    case 'prepare':
      return {
        ...common,
        type: 'prepare',
        reasons: [...seen.because, `severity ${severity} is left to a person`],
      };
    case 'rollback': {
      if (spec.approvals === 0) return { type: 'roll-back', ...common };
      const people = spec.approvals === 1 ? 'one approval' : `${spec.approvals} approvals`;
      return {
        ...common,
        type: 'prepare',
        reasons: [...seen.because, `severity ${severity} wants ${people}`],
      };
    }
  }
}
