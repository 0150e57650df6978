// What was asked for, checked and typed: the inputs as text become this, for the action and the CLI alike.

import { load } from 'js-yaml';
import { z } from 'zod';
import type { InputName, InputValues } from './action-io.ts';
import { messageOf, RollbackPlanError } from './errors.ts';
import type { RunIdentity } from './events.ts';
import { parseDuration } from './values/durations.ts';
import type { JsonObject } from './values/json.ts';
import { nearest } from './values/suggest.ts';

export const modes = [
  'validate',
  'preflight',
  'rollback',
  'verify',
  'alert',
  'drill',
  'heartbeat',
  'matrix',
  'report',
] as const;
export type Mode = (typeof modes)[number];

/** The modes that this version has; the others are part of the contract and say so. */
const availableModes: readonly Mode[] = [
  'validate',
  'preflight',
  'rollback',
  'verify',
  'alert',
  'drill',
  'heartbeat',
  'report',
];

/** Overrides a person may give, each with what it does. Anything else is refused, so that a typo is not a surprise. */
export const overrides = {
  'ignore-pending': 'go on although another operation seems to be in flight on a component',
  'server-refusal': 'go on although the API server would refuse a part of it in a dry run',
  'untrusted-plan': 'take the plan from where it lies although that is not the default branch',
  'unverified-target': 'go to versions that were never verified together, or that were rolled back from',
  'local-journal': 'act although lock and journal can’t be kept in the target',
  'break-glass': 'go on although gates of the preflight refuse',
  permission: 'go on although the account lacks a permission that the plan needs',
  reconciler: 'go on although somebody else owns what goes back and would undo it',
  paused: 'go on although a Deployment is paused',
  quota: 'go on although a quota has no room for the rollout',
  'missing-tool': 'go on although a tool is missing that a step or a check needs',
  'rotated-secrets': 'put Secrets back to older values although somebody changed them since',
  'delete-custom-resources': 'delete custom resource definitions with all objects of their kind',
  'removed-api': 'go on although the server does not serve what the earlier version is written in',
  'missing-image': 'go on although images are gone, or are no longer what they were',
  'stale-backup': 'go on without the backup that the plan asks for',
  'past-point-of-no-return': 'go back although data will be lost by it',
  rerun: 'run the steps although every component is already there',
} as const satisfies Record<string, string>;

/** Overrides that name what they are about: `take-lock:7`. */
export const namingOverrides = {
  'take-lock': 'take the lock of exactly that holder, by its fence',
  'skip-step': 'take a step as done whose end nobody saw',
  'repeat-step': 'do a step again whose end nobody saw',
} as const satisfies Record<string, string>;

export type Override = keyof typeof overrides | `${keyof typeof namingOverrides}:${string}`;

export type Request = {
  readonly mode: Mode;
  readonly plan: string;
  /** Branch, tag or commit the plan is read from; empty takes the default branch in a workflow, the file on a laptop. */
  readonly planRef: string;
  readonly target: string | undefined;
  readonly scenario: string | undefined;
  readonly severity: string | undefined;
  /** Name of a trigger that a person saw. */
  readonly trigger: string | undefined;
  readonly to: string;
  /** What the deploy has put out, for `verify`; empty: nobody said. */
  readonly deployed: string;
  readonly inputs: JsonObject;
  readonly reason: string;
  readonly incident: string;
  readonly dryRun: boolean;
  readonly confirm: string | undefined;
  readonly digest: string | undefined;
  readonly overrides: readonly Override[];
  readonly publish: 'pull-request' | 'commit' | 'none' | undefined;
  /** How long `verify` watches, and how long `alert` watches on where it may not act, ms. */
  readonly windowMs: number;
  readonly failOnRollback: boolean;
  readonly timeoutMs: number;
  readonly caller: Caller;
};

/** What the surroundings tell about who asks; never taken from inputs. */
export type Caller = Pick<RunIdentity, 'actor' | 'run' | 'tool'> & {
  readonly commit: string | undefined;
  /** GitHub environment of the job, as the job told it; empty: it runs in none. Absent: nobody told. */
  readonly environment?: string | undefined;
  /** Number of the pull request that started the run, if one did. */
  readonly pullRequest?: number | undefined;
  /** What `ROLLBACK_PLAN_STOP` says, where somebody told the machine to press no button by itself. */
  readonly stop?: string | undefined;
  /** File in which the runner keeps the event that started the workflow. */
  readonly eventPath?: string | undefined;
};

/** The button, a rehearsal of it, and the record of it. */
const triggerModes: readonly Mode[] = ['rollback', 'preflight', 'report'];
const givenMap = z.record(z.string(), z.json());
const incidentId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const longestReason = 2_000;

/** Throws `input-invalid` (usage) for the first input that makes no sense. */
export function readRequest(values: InputValues, caller: Caller, newIncident: () => string): Request {
  const mode = oneOf('mode', values.mode, modes);
  if (!availableModes.includes(mode)) {
    throw new RollbackPlanError(
      'mode-not-available',
      `mode ${mode} is part of the contract but not available in this version`,
      {
        hint: `This version has: ${availableModes.join(', ')}. CHANGELOG.md says what comes when.`,
      },
    );
  }
  const incident = values.incident === '' ? newIncident() : values.incident;
  if (!incidentId.test(incident) || incident.includes('..')) {
    throw invalid(
      'incident',
      incident,
      'Use letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
    );
  }
  if (values.reason.length > longestReason) {
    throw invalid(
      'reason',
      `${values.reason.slice(0, 40)}…`,
      `Keep it under ${longestReason} characters; the record has room for the rest.`,
    );
  }
  if (values.plan.trim() === '')
    throw invalid('plan', values.plan, 'Give the path of the plan, such as .github/rollback.yml');
  const timeoutMs = readTimeout(values.timeout);
  const windowMs = readWindow(values.window, mode);
  if ((mode === 'verify' || mode === 'alert') && windowMs >= timeoutMs) {
    throw invalid(
      'window',
      values.window || '5m',
      `The whole run may take ${values.timeout}, a rollback included: give a longer timeout, or a shorter window.`,
    );
  }
  if (mode === 'report' && values.incident.trim() === '') {
    throw invalid('incident', 'empty', 'Say which one: its id is the name of the folder that its run wrote.');
  }
  if (values.digest.trim() !== '' && mode !== 'rollback') {
    throw invalid('digest', values.digest, `It is what a rollback was approved by; mode ${mode} takes none.`);
  }
  if (values.trigger.trim() !== '' && !triggerModes.includes(mode)) {
    throw invalid(
      'trigger',
      values.trigger.trim(),
      `It is what a person saw who presses the button; mode ${mode} takes none.`,
    );
  }
  if (values.deployed.trim() !== '' && mode !== 'verify') {
    throw invalid(
      'deployed',
      values.deployed.trim(),
      `It is what a deploy has put out, and verify looks at that; mode ${mode} takes none. Where to go back to is \`to\`.`,
    );
  }
  return {
    mode,
    plan: values.plan,
    planRef: readRef(values['plan-ref'].trim()),
    target: orUndefined(values.target),
    scenario: orUndefined(values.scenario),
    severity: orUndefined(values.severity),
    trigger: orUndefined(values.trigger),
    to: values.to,
    deployed: values.deployed.trim(),
    inputs: readGivenInputs(values.inputs),
    reason: values.reason.trim(),
    incident,
    // A preflight is a dry run that says less about what would run and more about what speaks against it.
    dryRun: readBoolean('dry-run', values['dry-run']) || mode === 'preflight',
    confirm: orUndefined(values.confirm),
    digest: orUndefined(values.digest),
    overrides: values.override
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map(readOverride),
    publish:
      values.publish === ''
        ? undefined
        : oneOf('publish', values.publish, ['pull-request', 'commit', 'none']),
    windowMs,
    failOnRollback: readBoolean('fail-on-rollback', values['fail-on-rollback']),
    timeoutMs,
    caller,
  };
}

function readOverride(word: string): Override {
  const known = Object.keys(overrides) as readonly (keyof typeof overrides)[];
  const naming = Object.keys(namingOverrides) as readonly (keyof typeof namingOverrides)[];
  const found: Override | undefined = known.find((name) => name === word) ?? named(word, naming);
  if (found !== undefined) return found;
  const all = [
    ...known.map((name) => `${name} (${overrides[name]})`),
    ...naming.map((name) => `${name}:… (${namingOverrides[name]})`),
  ];
  throw new RollbackPlanError('override-unknown', `there is no override "${word}"`, {
    hint: `The overrides are: ${all.join('; ')}.`,
  });
}

function named(word: string, naming: readonly (keyof typeof namingOverrides)[]): Override | undefined {
  const [first = '', ...rest] = word.split(':');
  const about = rest.join(':');
  const name = naming.find((each) => each === first);
  return name === undefined || about === '' ? undefined : `${name}:${about}`;
}

function readGivenInputs(text: string): JsonObject {
  if (text.trim() === '') return {};
  if (text.length > 65_536)
    throw invalid('inputs', `${text.length} characters`, 'Keep it under 65536 characters.');
  try {
    return givenMap.parse(load(text, { maxAliases: 0 }));
  } catch (error) {
    const detail =
      error instanceof z.ZodError ? 'it is not a map of plain values' : messageOf(error).split('\n')[0];
    throw invalid(
      'inputs',
      detail ?? '',
      'Write a YAML map, one line per input, such as restore-point: 2026-11-21T10:00:00Z',
    );
  }
}

function readTimeout(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed <= 0 || parsed > 6 * 3_600_000) {
    throw invalid('timeout', text, 'Write a duration of at most 6h, such as 30m or 1h.');
  }
  return parsed;
}

const defaultWindowMs = 300_000;

/** An alert goes to people by itself, and a red run has to reach them at once: it watches on only where it was asked to. */
function readWindow(text: string, mode: Mode): number {
  if (text.trim() === '') return mode === 'alert' ? 0 : defaultWindowMs;
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed <= 0 || parsed > 6 * 3_600_000)
    throw invalid('window', text, 'Write a duration of at most 6h, such as 5m.');
  return parsed;
}

/** What git takes for a branch, tag or commit, without what its commands would take for an option or a range. */
function readRef(text: string): string {
  const plain =
    /^[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}$/.test(text) && !/\.\.|@\{|\/\/|\.lock$|\/$|\.$/.test(text);
  if (text === '' || plain) return text;
  throw invalid('plan-ref', text, 'Give the name of a branch or tag, or a commit id, such as main.');
}

function readBoolean(name: InputName, text: string): boolean {
  // YAML 1.2 core booleans, as the toolkit of the runner reads them.
  if (['true', 'True', 'TRUE'].includes(text)) return true;
  if (['false', 'False', 'FALSE', ''].includes(text)) return false;
  throw invalid(name, text, 'Write true or false.');
}

function oneOf<const Choice extends string>(
  name: InputName,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const meant = nearest(text, choices);
  throw invalid(
    name,
    text,
    `${meant === undefined ? '' : `Did you mean ${meant}? `}One of: ${choices.join(', ')}.`,
  );
}

function invalid(name: InputName, given: string, hint: string): RollbackPlanError {
  return new RollbackPlanError('input-invalid', `input ${name} is not usable: ${given}`, { hint });
}

function orUndefined(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}
