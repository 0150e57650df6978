// The gate `environment`: whose approval was asked has to be the plan's choice, not the choice of whoever pressed.

import { RollbackPlanError } from '../errors.ts';
import type { Emit, RunEventBody } from '../events.ts';
import type { TargetSpec } from '../plan/plan.ts';

type GateEvent = Extract<RunEventBody, { readonly type: 'gate' }>;

export type EnvironmentFinding =
  /** The plan leaves the environment open. */
  | { readonly state: 'open' }
  | { readonly state: 'pass'; readonly detail: string }
  /** Nobody told in which environment the job runs, so nothing can be held against it. */
  | { readonly state: 'untold'; readonly detail: string; readonly hint: string }
  | { readonly state: 'mismatch'; readonly error: RollbackPlanError };

export type EnvironmentFacts = {
  /** The run watches a deploy (`verify`). */
  readonly watching: boolean;
  readonly target: Pick<TargetSpec, 'name' | 'environment' | 'watchEnvironments'>;
  /** As the job told it; empty: it runs in none. `undefined`: not told. */
  readonly told: string | undefined;
};

/**
 * Whether the job runs in an environment that the plan's target names. A dry run is held to it, too, so that a wrong
 * choice is known before anybody is asked to approve it. Watching may have environments of its own.
 */
export function judgeEnvironment({ watching, target, told }: EnvironmentFacts): EnvironmentFinding {
  const { environment, watchEnvironments = [] } = target;
  if (environment === undefined) return { state: 'open' };
  if (told === undefined) {
    return {
      state: 'untold',
      detail: `the plan wants ${environment} for ${target.name}, and nobody told in which environment this run is`,
      hint: `In a workflow of your own, tell it beside the job's environment: env: { ROLLBACK_PLAN_ENVIRONMENT: ${environment} }`,
    };
  }
  const allowed = watching ? [environment, ...watchEnvironments] : [environment];
  if (allowed.some((one) => sameEnvironment(one, told)))
    return { state: 'pass', detail: `${told}, as the plan wants for ${target.name}` };
  const where = told === '' ? 'in no environment' : `in the environment ${told}`;
  const forWatching = watchEnvironments.some((one) => sameEnvironment(one, told));
  return {
    state: 'mismatch',
    error: new RollbackPlanError(
      'environment-mismatch',
      `the job runs ${where}, and the plan wants ${allowed.join(' or ')} for the target ${target.name}`,
      { hint: hintFor({ watching, environment, told, forWatching }), facts: { allowed, told } },
    ),
  };
}

type Choice = {
  readonly watching: boolean;
  readonly environment: string;
  readonly told: string;
  readonly forWatching: boolean;
};

function hintFor({ watching, environment, told, forWatching }: Choice): string {
  const choose = `Choose the environment ${environment}: environment: ${environment}.`;
  if (forWatching) return `${choose} ${told} is allowed for watching a deploy (mode verify) only.`;
  if (!watching || told === '') return choose;
  return `${choose} If deploys may be watched in ${told} as well, and rolled back from there, add it in the plan to the target's watch-environments.`;
}

/** GitHub ignores case in names of environments. Only of ASCII letters here: looking alike is not being the same. */
function sameEnvironment(one: string, other: string): boolean {
  return lower(one) === lower(other);
}

function lower(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Says what was found. Throws `environment-mismatch`. */
export async function proveEnvironment(facts: EnvironmentFacts, emit: Emit): Promise<void> {
  const finding = judgeEnvironment(facts);
  const gate = (rest: Pick<GateEvent, 'state' | 'detail' | 'hint'>): Promise<void> =>
    emit({ type: 'gate', name: 'environment', ...rest });
  switch (finding.state) {
    case 'open':
      return;
    case 'pass':
      return await gate({ state: 'pass', detail: finding.detail });
    case 'untold':
      return await gate({ state: 'unknown', detail: finding.detail, hint: finding.hint });
    case 'mismatch': {
      const { error } = finding;
      await gate({ state: 'refuse', detail: error.message, hint: error.hint });
      throw error;
    }
  }
}
