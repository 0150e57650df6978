// What a run is about, chosen from the plan by name: scenario, target, severity, trigger. Never guessed.

import { RollbackPlanError } from '../errors.ts';
import { suggestion } from '../values/suggest.ts';
import type {
  AlertTriggerSpec,
  DeclaredTriggerSpec,
  Phase,
  Plan,
  ScenarioSpec,
  SeveritySpec,
  TargetSpec,
  TriggerSpec,
} from './plan.ts';

/** The phases a scenario runs, in plan order. Without a name: the default scenario, or everything, which is called `all`. */
export function phasesFor(
  plan: Plan,
  scenarioName?: string,
): { readonly scenario: string; readonly phases: readonly Phase[] } {
  if (scenarioName === undefined) {
    const byDefault = [...plan.scenarios.values()].find((scenario) => scenario.default);
    return byDefault === undefined
      ? { scenario: 'all', phases: plan.phases }
      : { scenario: byDefault.name, phases: phasesOf(plan, byDefault) };
  }
  const scenario = plan.scenarios.get(scenarioName);
  if (scenario !== undefined) return { scenario: scenario.name, phases: phasesOf(plan, scenario) };
  if (scenarioName === 'all') return { scenario: 'all', phases: plan.phases };
  throw unknownName('scenario-unknown', 'scenario', scenarioName, [...plan.scenarios.keys(), 'all'], plan);
}

function phasesOf(plan: Plan, scenario: ScenarioSpec): readonly Phase[] {
  const { phases } = scenario;
  return phases === 'all' ? plan.phases : plan.phases.filter((phase) => phases.includes(phase.name));
}

/** The target by name. A plan with one target needs no name; one with several is never guessed. */
export function targetFor(plan: Plan, targetName?: string): TargetSpec {
  const names = [...plan.targets.keys()];
  if (targetName === undefined) {
    const [only, ...others] = plan.targets.values();
    if (only !== undefined && others.length === 0) return only;
    throw new RollbackPlanError('target-unknown', `the plan has ${names.length} targets and none was named`, {
      hint: `Give the input \`target\` one of: ${names.join(', ')}.`,
      where: plan.locate(['targets']),
      facts: { candidates: names },
    });
  }
  const target = plan.targets.get(targetName);
  if (target !== undefined) return target;
  throw unknownName('target-unknown', 'target', targetName, names, plan);
}

/** The severity by name, `undefined` if none was given. */
export function severityFor(plan: Plan, severityName?: string): SeveritySpec | undefined {
  if (severityName === undefined) return undefined;
  const severity = plan.severities.get(severityName);
  if (severity !== undefined) return severity;
  throw unknownName('severity-unknown', 'severity', severityName, [...plan.severities.keys()], plan);
}

/** What a person named, with what it says in words for the record; `undefined` if nothing was named. */
export function triggerFor(plan: Plan, triggerName?: string): NamedTrigger | undefined {
  if (triggerName === undefined) return undefined;
  const { declared, triggers, alerts } = plan;
  const trigger = declared.get(triggerName) ?? triggers.get(triggerName) ?? alerts.get(triggerName);
  if (trigger === undefined)
    throw unknownName(
      'trigger-unknown',
      'trigger',
      triggerName,
      [...declared.keys(), ...triggers.keys(), ...alerts.keys()],
      plan,
    );
  const { name, severity, scenario } = trigger;
  return { name, means: meaningOf(trigger), severity, scenario };
}

export type NamedTrigger = {
  readonly name: string;
  /** `a security hole is exploited`, `alert HighErrorRate`. */
  readonly means: string;
  readonly severity: string | undefined;
  readonly scenario: string | undefined;
};

function meaningOf(trigger: DeclaredTriggerSpec | TriggerSpec | AlertTriggerSpec): string {
  if ('declared' in trigger) return trigger.declared;
  if ('alert' in trigger) return `alert ${trigger.alert.name}`;
  const kinds = trigger.checks.map(({ uses }) => uses).join(' and ');
  return `what the check ${kinds} looks at`;
}

function unknownName(
  code: 'scenario-unknown' | 'target-unknown' | 'severity-unknown' | 'trigger-unknown',
  what: string,
  given: string,
  candidates: readonly string[],
  plan: Plan,
): RollbackPlanError {
  const section = {
    'scenario-unknown': 'scenarios',
    'target-unknown': 'targets',
    'severity-unknown': 'severities',
    'trigger-unknown': 'triggers',
  }[code];
  const help = suggestion(given, candidates) ?? `the plan declares none; leave the input \`${what}\` empty`;
  return new RollbackPlanError(code, `the plan has no ${what} \`${given}\``, {
    hint: `${help.charAt(0).toUpperCase()}${help.slice(1)}`,
    where: plan.locate([section]),
    facts: { candidates, given },
  });
}
