// From a plan file that passed the linter to the plan the engine works with: defaults filled in, keys made,
// order kept as written, and for every part its place in the file.

import { uniqueSlug, uniqueTitle } from '../values/names.ts';
import { defined, ordered, partOf } from './assemble-parts.ts';
import { drillOf, phasesOf } from './assemble-phases.ts';
import type { PlanDocument } from './document.ts';
import type {
  AlertTriggerSpec,
  CheckSpec,
  DeclaredTriggerSpec,
  PatienceSpec,
  Plan,
  PointOfNoReturnSpec,
  RegistrySpec,
  TargetSpec,
  TriggerSpec,
} from './plan.ts';
import type { PlanFile, RegistryFile } from './schema.ts';
import type { CheckFile, TriggerFile } from './schema-watch.ts';

type Request = { readonly document: PlanDocument; readonly content: PlanFile; readonly digest: string };

export function assemblePlan({ document, content, digest }: Request): Plan {
  const { service, secrets, records } = content;
  const phases = phasesOf(document, content);
  return {
    file: document.file,
    digest,
    service,
    ...defined({ owner: content.owner, description: content.description }),
    inputs: ordered(document, 'inputs', content.inputs, ({ options, ...input }, name) => ({
      name,
      type: input.type,
      required: input.required,
      options: options ?? [],
      ...defined({ description: input.description, default: input.default }),
      where: document.keySpanOf(['inputs', name]).where,
    })),
    secrets,
    targets: targetsOf(document, content),
    components: ordered(document, 'components', content.components, (component, name) => ({
      name,
      ...partOf(document, ['components', name], component.uses),
    })),
    severities: ordered(document, 'severities', content.severities, (severity, name) => ({
      name,
      action: severity.action,
      approvals: severity.approvals,
      ...defined({
        recoverWithinMs: severity['recover-within'],
        decideWithinMs: severity['decide-within'],
        fixWithinMs: severity['fix-within'],
        description: severity.description,
      }),
      where: document.keySpanOf(['severities', name]).where,
    })),
    phases,
    scenarios: ordered(document, 'scenarios', content.scenarios, (scenario, name) => ({
      name,
      default: scenario.default,
      phases: scenario.phases,
      ...defined({ description: scenario.description }),
      where: document.keySpanOf(['scenarios', name]).where,
    })),
    verify: checksOf(document, content.verify),
    triggers: triggersOf(document, content),
    alerts: alertsOf(document, content),
    declared: declaredOf(document, content),
    passingScore: content.score.pass,
    registries: content.registries.map(registryOf),
    backups: ordered(document, 'backups', content.backups, (backup, name) => ({
      name,
      file: backup.file,
      for: backup.for,
      ...defined({ checksum: backup.checksum, newerThanMs: backup['newer-than'] }),
      where: document.keySpanOf(['backups', name]).where,
    })),
    ...defined({ pointOfNoReturn: pointOfNoReturnOf(document, content) }),
    brake: {
      rollbacks: content.brake.rollbacks,
      withinMs: content.brake.within,
      cooldownMs: content.brake.cooldown,
    },
    watch: { comment: content.watch.comment },
    recovery: {
      passes: content.recovery.passes,
      withinMs: content.recovery.within,
      soakMs: content.recovery.soak ?? 0,
      rechecksMs: content.recovery.rechecks,
    },
    followUps: ordered(document, 'follow-ups', content['follow-ups'], (followUp, name) => ({
      name,
      title: followUp.title ?? name,
      withinMs: followUp.within,
      bySeverityMs: new Map(Object.entries(followUp['by-severity'])),
      overdue: followUp.overdue,
      ...defined({ owner: followUp.owner }),
    })),
    ...defined({ drill: drillOf(document, content, phases) }),
    records: {
      incidents: withoutSlash(records.incidents),
      drills: withoutSlash(records.drills),
      publish: records.publish,
      ...defined({ branch: records.branch }),
    },
    locate: (path) => document.locate(path),
  };
}

function triggersOf(document: PlanDocument, { triggers }: PlanFile): Plan['triggers'] {
  return new Map(
    [...ordered(document, 'triggers', triggers, (trigger) => trigger)].flatMap(([name, trigger]) => {
      const checks = trigger.check === undefined ? (trigger.all ?? []) : [trigger.check];
      if (checks.length === 0) return [];
      const above = trigger.check === undefined ? 'all' : 'check';
      const spec: TriggerSpec = {
        name,
        checks: checks.map(({ uses }, index) =>
          partOf(document, ['triggers', name, above, ...(above === 'all' ? [index] : [])], uses),
        ),
        everyMs: trigger.every,
        patience: patienceOf(trigger),
        ...defined({ severity: trigger.severity, scenario: trigger.scenario }),
        where: document.keySpanOf(['triggers', name]).where,
      };
      return [[name, spec]];
    }),
  );
}

function alertsOf(document: PlanDocument, { triggers }: PlanFile): Plan['alerts'] {
  return new Map(
    [...ordered(document, 'triggers', triggers, (trigger) => trigger)].flatMap(([name, trigger]) => {
      if (trigger.alert === undefined) return [];
      const spec: AlertTriggerSpec = {
        name,
        alert: trigger.alert,
        ...defined({ severity: trigger.severity, scenario: trigger.scenario }),
        where: document.keySpanOf(['triggers', name]).where,
      };
      return [[name, spec]];
    }),
  );
}

function declaredOf(document: PlanDocument, { triggers }: PlanFile): Plan['declared'] {
  return new Map(
    [...ordered(document, 'triggers', triggers, (trigger) => trigger)].flatMap(([name, trigger]) => {
      if (trigger.declared === undefined) return [];
      const spec: DeclaredTriggerSpec = {
        name,
        declared: trigger.declared,
        ...defined({ severity: trigger.severity, scenario: trigger.scenario }),
        where: document.keySpanOf(['triggers', name]).where,
      };
      return [[name, spec]];
    }),
  );
}

function targetsOf(document: PlanDocument, content: PlanFile): ReadonlyMap<string, TargetSpec> {
  const targets = ordered(document, 'targets', content.targets, (target, name): TargetSpec => {
    const { environment, context, namespace, vars, 'watch-environments': watchEnvironments } = target;
    return {
      name,
      vars,
      ...defined({ environment, watchEnvironments, context, namespace }),
      where: document.keySpanOf(['targets', name]).where,
    };
  });
  if (targets.size > 0) return targets;
  return new Map([['default', { name: 'default', vars: {}, where: document.locate([]) }]]);
}

function checksOf(document: PlanDocument, checks: readonly CheckFile[]): readonly CheckSpec[] {
  const taken = new Set<string>();
  const names = new Set<string>();
  return checks.map((check, index) => {
    const path = ['verify', index];
    const given = check.name ?? check.uses;
    return {
      ...partOf(document, path, check.uses),
      // Records tell results apart by it.
      name: uniqueTitle(given, names),
      key: `verify/${uniqueSlug(given, taken)}`,
      patience: patienceOf(check),
      weight: check.weight,
      decisive: check.key,
      after: check.after,
      ...defined({ withinMs: check.within, everyMs: check.every }),
    };
  });
}

const defaultFailures = 3;

function patienceOf(given: CheckFile | TriggerFile): PatienceSpec {
  const [limit = defaultFailures, of = limit] =
    typeof given.failures === 'string' ? given.failures.split(' of ').map(Number) : [given.failures];
  return {
    failures: { limit, of },
    delayMs: given.delay ?? 0,
    inconclusiveLimit: given['inconclusive-limit'],
    errorLimit: given['error-limit'],
    onNoData: given['on-no-data'],
  };
}

function registryOf(given: RegistryFile): RegistrySpec {
  const { host, insecure, username, 'username-secret': secret, 'password-secret': passwordSecret } = given;
  const user = username === undefined ? secret && { secret } : { name: username };
  return { host, insecure, ...(user && passwordSecret ? { login: { user, passwordSecret } } : {}) };
}

function pointOfNoReturnOf(document: PlanDocument, content: PlanFile): PointOfNoReturnSpec | undefined {
  const given = content['point-of-no-return'];
  if (given === undefined) return undefined;
  return {
    check: partOf(document, ['point-of-no-return', 'check'], given.check.uses),
    loses: given.loses,
    forwardFix: given['forward-fix'],
  };
}

function withoutSlash(folder: string): string {
  return folder.replace(/\/$/, '');
}
