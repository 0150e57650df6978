// From the request to a planned run: read and lint the plan, take its secrets, choose target and scenario, connect.
// Says `run-started` as soon as it is known what the run is about.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import { type Emit, journalVersion } from '../events.ts';
import { type NamedTrigger, phasesFor, severityFor, targetFor, triggerFor } from '../plan/choose.ts';
import { renderFindings } from '../plan/findings.ts';
import { inputsFor } from '../plan/input-values.ts';
import type { PlanKinds } from '../plan/kinds.ts';
import type { Phase, Plan, SeveritySpec, TargetSpec } from '../plan/plan.ts';
import { readTrustedPlan } from '../plan/trusted-plan.ts';
import type { PlanOrigin, PlanSource } from '../ports.ts';
import type { Request } from '../request.ts';
import type { Json } from '../values/json.ts';

/** What the record says about where the run acts. */
export type PinnedSite = {
  readonly pinned: { readonly context?: string | undefined; readonly namespace?: string | undefined };
};

export type LoadPorts<Site extends PinnedSite> = {
  readonly planSource: PlanSource;
  readonly checkedOutPlans: PlanSource;
  readonly kinds: PlanKinds;
  declareSecrets(names: readonly string[]): void;
  connect(target: TargetSpec, incident: string): Promise<Site>;
};

export type PlannedRun<Site extends PinnedSite> = {
  readonly service: string;
  readonly plan: Plan;
  readonly target: TargetSpec;
  readonly scenario: string;
  readonly phases: readonly Phase[];
  readonly severity: SeveritySpec | undefined;
  /** What a person saw and named. */
  readonly trigger: NamedTrigger | undefined;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly overrides: readonly string[];
  readonly incident: {
    readonly id: string;
    readonly reason: string;
    readonly severity: string;
    readonly scenario: string;
    readonly actor: string;
  };
  readonly site: Site;
};

/** Throws before anything was touched: `plan-missing`, `plan-invalid`, `target-unknown`, `secret-missing` and their like. */
export async function loadRun<Site extends PinnedSite>(
  request: Request,
  ports: LoadPorts<Site>,
  emit: Emit,
): Promise<PlannedRun<Site>> {
  const about: {
    service: string;
    owner?: string | undefined;
    planDigest: string;
    origin?: PlanOrigin;
    warning?: string | undefined;
  } = { service: 'unknown', planDigest: '' };
  const start = async (rest: {
    scenario?: string;
    severity?: SeveritySpec | undefined;
    target?: TargetSpec;
    site?: Site;
  }): Promise<void> => {
    await emit({
      type: 'run-started',
      version: journalVersion,
      incident: request.incident,
      mode: request.mode,
      dryRun: request.dryRun,
      service: about.service,
      owner: about.owner,
      target: rest.target?.name ?? request.target ?? '',
      context: rest.site?.pinned.context,
      namespace: rest.site?.pinned.namespace,
      // Where the job really ran, not where the plan wants it: a record must not claim an approval nobody was asked for.
      environment: request.caller.environment || undefined,
      scenario: rest.scenario ?? request.scenario ?? '',
      severity: rest.severity?.name ?? request.severity,
      recoverWithinMs: rest.severity?.recoverWithinMs,
      reason: request.reason,
      to: request.to,
      actor: request.caller.actor,
      overrides: request.overrides,
      inputs: request.inputs,
      plan: {
        path: request.plan,
        digest: about.planDigest,
        ref: about.origin?.ref ?? (request.planRef === '' ? undefined : request.planRef),
        commit: about.origin?.commit,
      },
      run: request.caller.run,
      tool: request.caller.tool,
    });
    if (about.warning !== undefined) await emit({ type: 'note', level: 'warning', text: about.warning });
  };

  try {
    const { read, trust } = await readTrustedPlan({
      path: request.plan,
      ref: request.planRef,
      overridden: request.overrides.includes('untrusted-plan'),
      source: ports.planSource,
      checkedOut: ports.checkedOutPlans,
      kinds: ports.kinds,
    });
    const { plan, findings, text, digest, origin } = read;
    about.planDigest = digest;
    about.origin = origin;
    if (!trust.ok) throw trust.refusal;
    about.warning = trust.warning;
    if (plan === undefined) {
      const errors = findings.filter((finding) => finding.severity === 'error');
      throw new RollbackPlanError(
        'plan-invalid',
        `the plan has ${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`,
        {
          hint: renderFindings(errors, text),
          ...(errors[0] === undefined ? {} : { where: errors[0].where }),
        },
      );
    }
    about.service = plan.service;
    about.owner = plan.owner;
    ports.declareSecrets(plan.secrets);
    const target = targetFor(
      plan,
      request.target ?? (request.mode === 'drill' ? plan.drill?.target : undefined),
    );
    const trigger = triggerFor(plan, request.trigger);
    const severity = severityFor(plan, agreed('severity', request.severity, trigger));
    const wanted =
      agreed('scenario', request.scenario, trigger) ??
      (request.mode === 'drill' ? plan.drill?.scenario : undefined);
    const { scenario, phases } = phasesFor(plan, wanted);
    const inputs = inputsFor(plan, request.inputs);
    const site = await ports.connect(target, request.incident);
    await start({ scenario, severity, target, site });
    const incident = {
      id: request.incident,
      reason: request.reason,
      severity: severity?.name ?? '',
      scenario,
      actor: request.caller.actor,
    };
    return {
      service: plan.service,
      overrides: request.overrides,
      plan,
      target,
      scenario,
      phases,
      severity,
      trigger,
      inputs,
      incident,
      site,
    };
  } catch (error) {
    // The error that matters is the first one, also where the journal can't be written.
    if (toRollbackPlanError(error).code !== 'journal-not-writable') await start({}).catch(() => undefined);
    throw error;
  }
}

/** The trigger says it. Throws `input-invalid` where the person says another. */
function agreed(
  what: 'severity' | 'scenario',
  given: string | undefined,
  trigger: NamedTrigger | undefined,
): string | undefined {
  const own = trigger?.[what];
  if (own === undefined || given === undefined || own === given) return own ?? given;
  throw new RollbackPlanError(
    'input-invalid',
    `trigger ${trigger?.name} says ${what} ${own}, and ${what} ${given} was given`,
    { hint: `Nothing was changed. Leave \`${what}\` out, or press without \`trigger\`.` },
  );
}
