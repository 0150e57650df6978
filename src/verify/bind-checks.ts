// Gives the plan's checks and triggers their kinds. Their expressions are evaluated when they measure, after the steps.

import type { Before, CheckKind } from '../checks/check-kind.ts';
import type { Location } from '../errors.ts';
import { holdsExpression, namesDeploy } from '../plan/lint-kinds.ts';
import type { CheckSpec, Occasion, Part, Plan, TriggerSpec } from '../plan/plan.ts';
import { settle } from '../plan/settle.ts';
import type { Scope } from '../values/expression-evaluation.ts';
import { allOf } from './all-of.ts';
import type { BoundCheck } from './run-checks.ts';
import type { Condition } from './watch.ts';

export const defaultWithinMs = 60_000;
export const defaultEveryMs = 2_000;

type Kinds = ReadonlyMap<string, CheckKind<unknown>>;
type Scopes = (status: Scope['status']) => Scope;

/** What was measured before the deploy, by the key of the condition: names are people's, and may be the same. ADR 0022. */
export type BeforeDeploy = ReadonlyMap<string, Before>;

const nothingBefore: BeforeDeploy = new Map();

/** Keys of all that the plan measures, in the order of `bindConditions` with `any`. */
export function conditionKeys(plan: Pick<Plan, 'verify' | 'triggers'>): readonly string[] {
  return [...plan.verify.map(({ key }) => key), ...[...plan.triggers.keys()].map(keyOfTrigger)];
}

function keyOfTrigger(name: string): string {
  return `triggers/${name}`;
}

/** What has to pass after a rollback: checks of `verify` in the order of the plan. */
export function bindChecks(
  plan: Plan,
  kinds: Kinds,
  scope: Scopes,
  before: BeforeDeploy = nothingBefore,
): readonly BoundCheck[] {
  return checksFor(plan, 'rollback').map((check) => bindCheck(check, plan, kinds, scope, before));
}

/** What of `verify` counts there, in the order of the plan. */
export function checksFor(
  { verify }: Pick<Plan, 'verify'>,
  occasion: Occasion | 'any',
): readonly CheckSpec[] {
  return verify.filter(({ after }) => occasion === 'any' || after === 'both' || after === occasion);
}

function bindCheck(
  check: CheckSpec,
  { recovery }: Plan,
  kinds: Kinds,
  scope: Scopes,
  before: BeforeDeploy,
): BoundCheck {
  return {
    name: check.name,
    ...bindPart(check, kinds, scope),
    ...beforeOf(check.key, before),
    withinMs: check.withinMs ?? defaultWithinMs,
    everyMs: check.everyMs ?? defaultEveryMs,
    passes: recovery.passes,
    vote: voteOf(check),
  };
}

/**
 * The triggers that called for a rollback, which have to be quiet after it. What one sees may be a while ago, and it gets
 * that time to pass. Names without a check (an alert's) are left out.
 */
export function bindCalled(
  plan: Plan,
  kinds: Kinds,
  scope: Scopes,
  names: readonly string[],
  before: BeforeDeploy = nothingBefore,
): readonly BoundCheck[] {
  const called = [...plan.triggers.values()].filter(({ name }) => names.includes(name));
  return called.map((trigger): BoundCheck => {
    const { name, checks, everyMs } = trigger;
    const backMs = checks.map((check) => kinds.get(check.uses)?.looksBackMs?.(check.with) ?? 0);
    return {
      name: shownTrigger(name),
      ...bindTrigger(trigger, kinds, scope),
      ...beforeOf(keyOfTrigger(name), before),
      withinMs: plan.recovery.withinMs + Math.max(0, ...backMs),
      everyMs,
      passes: plan.recovery.passes,
      vote: 'alone',
    };
  });
}

/** Of these triggers those that can be quiet when what was deployed is gone: one that expects it can't. */
export function lastingTriggers(
  names: readonly string[],
  { triggers }: Pick<Plan, 'triggers'>,
): readonly string[] {
  return names.filter((name) => !triggers.get(name)?.checks.some((check) => namesDeploy(check.with)));
}

function shownTrigger(name: string): string {
  return `trigger ${name}`;
}

export type WatchFacts = {
  /** All of it was healthy a moment ago, so nothing gets time to start up. */
  readonly steady: boolean;
  readonly before?: BeforeDeploy;
  /** Whose checks. Triggers are always among them. */
  readonly occasion: Occasion | 'any';
  /** What was deployed is not known, as outside of `verify`: whatever has to know it is left out. */
  readonly nothingDeployed?: boolean;
};

/** What is watched: checks of the plan, and then its triggers. */
export function bindConditions(
  plan: Plan,
  kinds: Kinds,
  scope: Scopes,
  { steady, before = nothingBefore, occasion, nothingDeployed = false }: WatchFacts,
): readonly Condition[] {
  const known = (parts: readonly Part[]): boolean =>
    !nothingDeployed || !parts.some((part) => namesDeploy(part.with));
  const specs = checksFor(plan, occasion).filter((spec) => known([spec]));
  const checks = specs.map((spec): Condition => {
    const check = bindCheck(spec, plan, kinds, scope, before);
    return { ...check, ...spec.patience, graceMs: steady ? 0 : check.withinMs, excused: isExcused(check) };
  });
  const severities = [...plan.severities.keys()];
  const watching = [...plan.triggers.values()].filter((trigger) => known(trigger.checks));
  const triggers = watching.map((trigger): Condition => {
    const { name, severity, scenario, patience } = trigger;
    const bound = { ...bindTrigger(trigger, kinds, scope), ...beforeOf(keyOfTrigger(name), before) };
    return {
      name: shownTrigger(name),
      ...bound,
      ...patience,
      everyMs: trigger.everyMs,
      graceMs: 0,
      vote: 'alone',
      excused: isExcused(bound),
      trigger: {
        name,
        // Without a severity it comes after all that have one.
        rank: severity === undefined ? severities.length : severities.indexOf(severity),
        ...(severity === undefined
          ? {}
          : { severity, recoverWithinMs: plan.severities.get(severity)?.recoverWithinMs }),
        ...(scenario === undefined ? {} : { scenario }),
      },
    };
  });
  return [...checks, ...triggers];
}

/** What counts while a deploy is watched, and waits until the window is over before its first look. */
export function lookedAtTooLate(
  plan: Pick<Plan, 'verify' | 'triggers'>,
  windowMs: number,
): readonly { readonly name: string; readonly where: Location; readonly delayMs: number }[] {
  const checks = checksFor(plan, 'deploy').filter((check) => voteOf(check) !== 0);
  return [
    ...checks.map(({ name, where, patience }) => ({ name, where, ...patience })),
    ...[...plan.triggers.values()].flatMap(({ name, checks: [first], patience }) =>
      first === undefined ? [] : [{ name: shownTrigger(name), where: first.where, ...patience }],
    ),
  ].filter(({ delayMs }) => delayMs >= windowMs);
}

function bindTrigger({ checks }: TriggerSpec, kinds: Kinds, scope: Scopes): ReturnType<typeof bindPart> {
  const parts = checks.map((check) => bindPart(check, kinds, scope));
  const [only, ...others] = parts;
  return only === undefined || others.length > 0 ? allOf(parts) : only;
}

function bindPart(part: Part, kinds: Kinds, scope: Scopes): Pick<BoundCheck, 'kind' | 'settle'> {
  const kind = kinds.get(part.uses);
  if (kind === undefined) throw new Error(`the linter let check ${part.uses} through`);
  const evaluate = (): unknown => settle(part, scope({ failed: false, cancelled: false }), kind);
  // What holds no expression is always the same; a watch would work it out thousands of times.
  return { kind, settle: holdsExpression(part.with) ? evaluate : once(evaluate) };
}

/** What throws is asked again. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function voteOf({ decisive, weight }: CheckSpec): 'alone' | number {
  return decisive ? 'alone' : weight;
}

function beforeOf(name: string, before: BeforeDeploy): { readonly before?: Before } {
  const known = before.get(name);
  return known === undefined ? {} : { before: known };
}

function isExcused({ before }: { readonly before?: Before }): boolean {
  return before?.state === 'fail';
}
