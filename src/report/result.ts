// The report for machines: one versioned JSON value of the shape that its schema tells.

import { z } from 'zod';
import type { Measured, PhaseReport, Report, StepReport } from './model.ts';
import { stepsOf, triggeredAt } from './model.ts';
import { readinessFiles, readinessOf } from './readiness.ts';
import { findingsJson } from './result-findings.ts';
import { type FaultJson, type MeasuredJson, type ResultJson, resultSchemaVersion } from './result-schema.ts';
import { isLost } from './run-kind.ts';
import { inSeconds, maybeInSeconds } from './seconds.ts';
import { severityOf } from './wording.ts';

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
    severity: severityOf(report) ?? null,
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
        : (recovery.withinMs - recovery.countedMs) / 1000,
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
    gates: report.gates.map(({ name, subject, state, detail, hint, override }) => ({
      name,
      subject: subject ?? null,
      state,
      detail,
      hint: hint ?? null,
      override: override ?? null,
    })),
    readiness: readinessJson(report),
    notes: report.notes.map(({ level, text: said }) => ({ level, text: said })),
    attempts: report.earlier.length + 1,
    changed_anything: changed(report),
    published: report.published.map((one) => ({
      ok: one.ok,
      path: one.path,
      url: one.url ?? null,
      branch: one.branch ?? null,
      pull_request_url: one.pullRequest ?? null,
      compare_url: one.compare ?? null,
      fault: faultJson(one.fault),
    })),
    ...findingsJson(report),
  };
}

function readinessJson(report: Report): ResultJson['readiness'] {
  const readiness = readinessOf(report);
  return readiness === undefined ? null : { ...readiness, ...readinessFiles };
}

function changed(report: Report): boolean | null {
  if (report.changedAnything || report.earlier.some(({ changedAnything }) => changedAnything)) return true;
  return isLost(report) ? null : false;
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

function measuredJson(one: Measured | undefined): MeasuredJson | null {
  if (one === undefined) return null;
  const { state, value, expected, evidence, at } = one;
  return { state, value, expected, evidence, at };
}

function faultJson(one: StepReport['fault']): FaultJson | null {
  return one === undefined ? null : { reason_code: one.code, message: one.message, hint: one.hint };
}
