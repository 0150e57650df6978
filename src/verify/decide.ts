// What the machine makes of a bad deploy: facts in, a decision with its reasons out. ADR 0021. Brake, point of no return
// and gates are asked by whoever carries it out.

import type { WatchResult } from '../events.ts';
import type { SeveritySpec } from '../plan/plan.ts';

export type DeployDecision = {
  /**
   * `wait`: people may mend it for `withinMs`, and then it is rolled back. `prepare`: show what a rollback would run, and
   * leave it to a person. `tell`: nothing but that.
   */
  readonly type: 'roll-back' | 'wait' | 'prepare' | 'tell';
  /** How long people have: to mend it (`wait`), or to decide (`prepare`, `tell`); `undefined`: nobody says. */
  readonly withinMs: number | undefined;
  readonly trigger: string | undefined;
  readonly severity: string | undefined;
  /** `undefined`: the default one. */
  readonly scenario: string | undefined;
  readonly reasons: readonly string[];
};

/**
 * `given`: severity and scenario that the run was started with; a trigger's own come first. `watchable`: whether somebody
 * would notice that people mended it.
 */
export function decideDeploy(facts: {
  readonly seen: Pick<WatchResult, 'because' | 'trigger' | 'severity' | 'scenario'>;
  readonly given: { readonly severity: string | undefined; readonly scenario: string | undefined };
  readonly severities: ReadonlyMap<
    string,
    Pick<SeveritySpec, 'action' | 'approvals' | 'decideWithinMs' | 'fixWithinMs'>
  >;
  readonly watchable: boolean;
}): DeployDecision {
  const { seen, given, severities, watchable } = facts;
  const severity = seen.severity ?? given.severity;
  const common = {
    trigger: seen.trigger,
    severity,
    scenario: seen.scenario ?? given.scenario,
    reasons: seen.because,
  };
  const spec = severity === undefined ? undefined : severities.get(severity);
  if (spec === undefined) return { ...common, type: 'roll-back', withinMs: undefined };
  const toPeople = (type: 'prepare' | 'tell', because: string): DeployDecision => ({
    ...common,
    type,
    withinMs: spec.decideWithinMs,
    reasons: [...seen.because, `severity ${severity} ${because}`],
  });
  switch (spec.action) {
    case 'monitor':
      return toPeople('tell', 'is only told');
    case 'prepare':
      return toPeople('prepare', 'is left to a person');
    case 'rollback': {
      const { approvals, fixWithinMs } = spec;
      if (approvals > 0) {
        return toPeople('prepare', `wants ${approvals === 1 ? 'one approval' : `${approvals} approvals`}`);
      }
      if (fixWithinMs === undefined) return { ...common, type: 'roll-back', withinMs: undefined };
      if (!watchable)
        return toPeople('prepare', 'lets people mend it, and nothing here measures whether they did');
      const reasons = [...seen.because, `severity ${severity} lets people mend it first`];
      return { ...common, type: 'wait', withinMs: fixWithinMs, reasons };
    }
  }
}
