// The report for machines: one versioned JSON value, its schema exported so that who reads it can validate it.
// Fields are added, never renamed; a reader that finds another `schemaVersion` should stop.

import { z } from 'zod';
import { greenOutcomes, redOutcomes } from '../events.ts';
import type { Measured, PhaseReport, Report, StepReport } from './model.ts';
import { stepsOf, triggeredAt } from './model.ts';

const resultSchemaVersion = 1;

const text = z.string();
const maybeText = z.string().nullable();
const seconds = z.number().nonnegative();
const maybeSeconds = seconds.nullable();
const utc = z.iso.datetime();

const fault = z.strictObject({ reason_code: text, message: text, hint: text });
const version = z.strictObject({ id: text, label: text, digest: text });
const measured = z.strictObject({
  state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
  value: text,
  expected: text,
  evidence: text,
  at: utc,
});

const attempt = z.strictObject({
  attempt: z.int().positive(),
  started_at: utc,
  /** `unknown`: the journal doesn't tell how it ended. */
  ended: text,
  exit_code: z.int().nullable(),
  duration_seconds: maybeSeconds,
});

const step = z.strictObject({
  id: text,
  phase: text,
  title: text,
  kind: text,
  component: maybeText,
  status: z.enum(['planned', 'running', 'succeeded', 'failed', 'skipped', 'unknown']),
  before: maybeText,
  after: maybeText,
  evidence: maybeText,
  started_at: utc.nullable(),
  duration_seconds: maybeSeconds,
  limit_seconds: maybeSeconds,
  fault: fault.nullable(),
  skipped: maybeText,
  commands: z.array(
    z.strictObject({ title: text, shown: text, mutates: z.boolean(), attempts: z.array(attempt) }),
  ),
  outputs: z.record(text, z.json()),
});

const phase = z.strictObject({
  name: text,
  status: z.enum(['planned', 'running', 'succeeded', 'failed', 'skipped']),
  parallel: z.boolean(),
  started_at: utc.nullable(),
  duration_seconds: maybeSeconds,
  estimate_seconds: maybeSeconds,
  budget_seconds: maybeSeconds,
  over_budget: z.boolean(),
});

const run = z.strictObject({ url: text, id: text, attempt: text, repository: text });

export const resultSchema = z.strictObject({
  schemaVersion: z.literal(resultSchemaVersion),
  outcome: z.enum([...greenOutcomes, ...redOutcomes]),
  green: z.boolean(),
  reason_code: maybeText,
  message: maybeText,
  hint: maybeText,
  failed_step: maybeText,
  incident: text,
  mode: text,
  dry_run: z.boolean(),
  service: text,
  owner: maybeText,
  target: text,
  context: maybeText,
  namespace: maybeText,
  environment: maybeText,
  scenario: text,
  severity: maybeText,
  reason: text,
  actor: text,
  overrides: z.array(text),
  cancelled_by: maybeText,
  plan: z.strictObject({ path: text, digest: text, ref: maybeText, commit: maybeText }),
  digest: maybeText,
  run: run.nullable(),
  tool: text,
  /** First press of the incident; equals `started_at` unless the incident was continued. */
  triggered_at: utc,
  started_at: utc,
  completed_at: utc,
  /** From `triggered_at` to `completed_at`, monotonic within a run. */
  total_duration_seconds: seconds,
  sla_seconds: maybeSeconds,
  sla_met: z.boolean().nullable(),
  /** Negative when late. */
  sla_buffer_seconds: z.number().nullable(),
  components: z.array(
    z.strictObject({
      component: text,
      kind: text,
      from: version,
      to: version,
      already_there: z.boolean(),
      because: text,
    }),
  ),
  phases: z.array(phase),
  phase_timings: z.record(text, seconds),
  /** What the phases don't account for: gates, pinning, checks, waiting, earlier runs. With `phase_timings` it sums up to the total. */
  outside_phases_seconds: z.number(),
  steps: z.array(step),
  checks: z.array(
    z.strictObject({
      name: text,
      kind: text,
      before: measured.nullable(),
      now: measured.nullable(),
      measurements: z.int().nonnegative(),
    }),
  ),
  checks_passed: z.boolean().nullable(),
  gates: z.array(
    z.strictObject({
      name: text,
      state: z.enum(['pass', 'warn', 'refuse', 'unknown']),
      detail: text,
      hint: maybeText,
    }),
  ),
  notes: z.array(z.strictObject({ level: z.enum(['info', 'warning']), text })),
  attempts: z.int().positive(),
  changed_anything: z.boolean(),
  published: z.array(
    z.strictObject({ ok: z.boolean(), path: text, url: maybeText, fault: fault.nullable() }),
  ),
});

export type ResultJson = z.infer<typeof resultSchema>;

export function renderResult(report: Report): ResultJson {
  const { identity, verdict, recovery } = report;
  const measuredNow = report.checks.flatMap((check) => (check.now === undefined ? [] : [check.now]));
  return {
    schemaVersion: resultSchemaVersion,
    outcome: verdict.outcome,
    green: verdict.green,
    reason_code: verdict.fault?.code ?? null,
    message: verdict.fault?.message ?? null,
    hint: verdict.fault?.hint ?? null,
    failed_step: verdict.failedStep ?? null,
    incident: identity.incident,
    mode: identity.mode,
    dry_run: identity.dryRun,
    service: identity.service,
    owner: identity.owner ?? null,
    target: identity.target,
    context: identity.context ?? null,
    namespace: identity.namespace ?? null,
    environment: identity.environment ?? null,
    scenario: identity.scenario,
    severity: identity.severity ?? null,
    reason: identity.reason,
    actor: identity.actor,
    overrides: [...identity.overrides],
    cancelled_by: report.cancelledBy ?? null,
    plan: {
      path: identity.plan.path,
      digest: identity.plan.digest,
      ref: identity.plan.ref ?? null,
      commit: identity.plan.commit ?? null,
    },
    digest: report.digest ?? null,
    run: identity.run === undefined ? null : { ...identity.run },
    tool: identity.tool,
    triggered_at: triggeredAt(report),
    started_at: report.startedAt,
    completed_at: report.endedAt,
    total_duration_seconds: inSeconds(recovery.tookMs),
    sla_seconds: maybeInSeconds(recovery.withinMs),
    sla_met: recovery.met ?? null,
    sla_buffer_seconds:
      recovery.withinMs === undefined || recovery.met === undefined
        ? null
        : (recovery.withinMs - recovery.tookMs) / 1000,
    components: report.changes.map(({ component, kind, from, to, alreadyThere, because }) => ({
      component,
      kind,
      from: { id: from.id, label: from.label, digest: from.digest },
      to: { id: to.id, label: to.label, digest: to.digest },
      already_there: alreadyThere,
      because,
    })),
    phases: report.phases.map(phaseJson),
    ...timings(report),
    steps: stepsOf(report).map(stepJson),
    checks: report.checks.map(({ name, kind, before, now, measurements }) => ({
      name,
      kind,
      before: measuredJson(before),
      now: measuredJson(now),
      measurements,
    })),
    checks_passed: measuredNow.length === 0 ? null : measuredNow.every(({ state }) => state === 'pass'),
    gates: report.gates.map(({ name, state, detail, hint }) => ({ name, state, detail, hint: hint ?? null })),
    notes: report.notes.map(({ level, text: said }) => ({ level, text: said })),
    attempts: report.earlier.length + 1,
    changed_anything: report.changedAnything || report.earlier.some(({ changedAnything }) => changedAnything),
    published: report.published.map((one) => ({
      ok: one.ok,
      path: one.path,
      url: one.url ?? null,
      fault: faultJson(one.fault),
    })),
  };
}

function timings(run: Report): Pick<ResultJson, 'phase_timings' | 'outside_phases_seconds'> {
  const spent = run.phases.map((one) => [one.name, inSeconds(one.durationMs ?? 0)] as const);
  const inPhases = run.phases.reduce((sum, one) => sum + (one.durationMs ?? 0), 0);
  return {
    phase_timings: Object.fromEntries(spent),
    outside_phases_seconds: (run.recovery.tookMs - inPhases) / 1000,
  };
}

function phaseJson(one: PhaseReport): ResultJson['phases'][number] {
  return {
    name: one.name,
    status: one.status,
    parallel: one.parallel,
    started_at: one.startedAt ?? null,
    duration_seconds: maybeInSeconds(one.durationMs),
    estimate_seconds: maybeInSeconds(one.estimateMs),
    budget_seconds: maybeInSeconds(one.budgetMs),
    over_budget: one.overBudget,
  };
}

function stepJson(one: StepReport): ResultJson['steps'][number] {
  return {
    id: one.step,
    phase: one.phase,
    title: one.title,
    kind: one.kind,
    component: one.component ?? null,
    status: one.status,
    before: one.before ?? null,
    after: one.after ?? null,
    evidence: one.evidence ?? null,
    started_at: one.startedAt ?? null,
    duration_seconds: maybeInSeconds(one.durationMs),
    limit_seconds: maybeInSeconds(one.timeoutMs),
    fault: faultJson(one.fault),
    skipped: one.skipped ?? null,
    commands: one.operations.map(({ title, shown, mutates, attempts }) => ({
      title,
      shown,
      mutates,
      attempts: attempts.map(({ attempt: number, at, done }) => ({
        attempt: number,
        started_at: at,
        ended: done?.ended ?? 'unknown',
        exit_code: done?.exitCode ?? null,
        duration_seconds: maybeInSeconds(done?.durationMs),
      })),
    })),
    outputs: z.record(z.string(), z.json()).parse(one.outputs),
  };
}

function measuredJson(one: Measured | undefined): z.infer<typeof measured> | null {
  if (one === undefined) return null;
  const { state, value, expected, evidence, at } = one;
  return { state, value, expected, evidence, at };
}

function faultJson(one: StepReport['fault']): z.infer<typeof fault> | null {
  return one === undefined ? null : { reason_code: one.code, message: one.message, hint: one.hint };
}

function inSeconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds)) / 1000;
}

function maybeInSeconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : inSeconds(milliseconds);
}
