// The fields of the result about watch, snapshot, drill and what was found afterwards.

import { failedPart } from './drill-parts.ts';
import type { DecisionReport, Report, WatchReport } from './model.ts';
import type { ResultJson } from './result-schema.ts';
import { isDrill } from './run-kind.ts';
import { inSeconds, maybeInSeconds } from './seconds.ts';

export function findingsJson(
  report: Report,
): Pick<ResultJson, 'watch' | 'decision' | 'rechecks' | 'follow_ups' | 'snapshot' | 'drill' | 'found'> {
  const { watch, snapshot, found } = report;
  return {
    watch: watch === undefined ? null : watchJson(watch),
    decision: report.decision === undefined ? null : decisionJson(report.decision),
    rechecks: report.rechecks.map(
      ({ incident, rolledBackAt, due, late, state, evidence, changed, looks }) => ({
        incident,
        rolled_back_at: rolledBackAt,
        due: [...due],
        late,
        state,
        evidence,
        changed: [...changed],
        looks_open: looks.filter((one) => one.state === undefined).length,
      }),
    ),
    follow_ups: report.followUps.map(({ incident, rolledBackAt, tasks }) => ({
      incident,
      rolled_back_at: rolledBackAt,
      tasks: tasks.map(({ name, title, owner, due, state, doneAt, doneBy }) => ({
        name,
        title,
        owner: owner ?? null,
        due,
        state,
        done_at: doneAt ?? null,
        done_by: doneBy ?? null,
      })),
    })),
    snapshot: snapshot === undefined ? null : { ...snapshot, versions: { ...snapshot.versions } },
    drill: isDrill(report) && !report.identity.dryRun ? drillJson(report) : null,
    found: found.map(({ component, version, detail, at }) => ({ component, version, detail, at })),
  };
}

function watchJson({ windowMs, watched, result }: WatchReport): NonNullable<ResultJson['watch']> {
  return {
    state: result?.state ?? 'unknown',
    because: [...(result?.because ?? [])],
    trigger: result?.trigger ?? null,
    severity: result?.severity ?? null,
    scenario: result?.scenario ?? null,
    watched: [...watched],
    window_seconds: inSeconds(windowMs),
    duration_seconds: maybeInSeconds(result?.durationMs),
    looks: result?.looks ?? null,
  };
}

function decisionJson({
  decision,
  trigger,
  severity,
  scenario,
  reasons,
  until,
}: DecisionReport): NonNullable<ResultJson['decision']> {
  return {
    decision,
    trigger: trigger ?? null,
    severity: severity ?? null,
    scenario,
    reasons: [...reasons],
    until: until ?? null,
  };
}

function drillJson(report: Report): NonNullable<ResultJson['drill']> {
  const part = failedPart(report);
  return {
    passed: report.verdict.green,
    failed_part: part === 'passed' ? null : part,
    measured: report.measures.map(({ name, durationMs, limitMs, detail }) => ({
      name,
      duration_seconds: inSeconds(durationMs),
      limit_seconds: maybeInSeconds(limitMs),
      in_time: limitMs === undefined ? null : durationMs <= limitMs,
      detail,
    })),
    compared: report.compared.map((one) => ({ ...one })),
  };
}
