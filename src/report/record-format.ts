// What publishing has to find again in a record that is already in the repository: its front matter, its runs, and the
// line below which it belongs to people. The texts here are a format; changing one orphans the records of yesterday.

import { cleanText, escapeText, link } from '../values/markdown.ts';
import type { Report, RunReport } from './model.ts';
import { triggeredAt } from './model.ts';
import { isDrill, isHeartbeat, isLost } from './run-kind.ts';
import { toneMark } from './table-cells.ts';
import { severityOf, verdictWords } from './wording.ts';

/** Everything after this line is people's. Publishing looks for it, so its text is part of the record's format. */
export const peopleMarker =
  '<!-- rollback-plan: below this line is yours. Nothing here is overwritten when the record is updated. -->';

export const runsTitle = 'Runs of this incident';
/** Head of the table of runs; rows follow directly. */
export const runsHead = [
  '| began (UTC) | run | pressed by | outcome |',
  '| --- | --- | --- | --- |',
] as const;

/** A heartbeat, and a watch that found nothing bad, is no incident either; its record stays in the run's folder. */
export function recordKind(report: Report): 'incident' | 'drill' | 'verification' {
  if (isDrill(report)) return 'drill';
  if (isHeartbeat(report)) return 'verification';
  const { identity, verdict, changedAnything } = report;
  return ['verify', 'alert'].includes(identity.mode) && verdict.green && !changedAnything
    ? 'verification'
    : 'incident';
}

/** YAML, written as JSON values: every JSON text is YAML, and nothing in it can end the block. */
export function frontMatter(report: Report): string {
  const { identity, verdict, recovery, watch } = report;
  const kind = recordKind(report);
  const fields: readonly (readonly [string, unknown])[] = [
    // Whoever collects incidents must not count a rehearsal.
    ['record', `rollback-plan/${kind}/v1`],
    ['kind', kind],
    [kind, identity.incident],
    ['service', identity.service],
    ['owner', identity.owner],
    ['target', identity.target],
    ['environment', identity.environment],
    ['severity', severityOf(report)],
    ['scenario', identity.scenario],
    ['mode', identity.mode],
    ['outcome', verdict.outcome],
    ['green', verdict.green],
    ['reason_code', verdict.fault?.code],
    ['watch', watch?.result?.state],
    ['trigger', watch?.result?.trigger],
    ['snapshot', report.snapshot?.id],
    [
      'measured_seconds',
      report.measures.length === 0
        ? undefined
        : Object.fromEntries(report.measures.map(({ name, durationMs }) => [name, seconds(durationMs)])),
    ],
    [
      'found',
      report.found.length === 0
        ? undefined
        : report.found.slice(0, 500).map(({ component, version }) => ({ component, version })),
    ],
    // Of a run that left nothing nobody can say, and `null` is not "no".
    ['changed', isLost(report) ? null : report.changedAnything],
    ['actor', identity.actor],
    ['triggered_at', triggeredAt(report)],
    ['completed_at', report.endedAt],
    ['duration_seconds', isLost(report) ? undefined : seconds(recovery.tookMs)],
    ['sla_seconds', recovery.withinMs === undefined ? undefined : seconds(recovery.withinMs)],
    ['sla_met', recovery.met],
    [
      'components',
      report.changes.map(({ component, from, to }) => ({ component, from: from.id, to: to.id })),
    ],
    ['overrides', identity.overrides],
    ['plan', identity.plan],
    ['digest', report.digest],
    ['run', identity.run?.url],
    ['run_key', runKey(report)],
  ];
  return plainFrontMatter(fields);
}

/** The block that a record begins with; keys without a value are left out. */
export function plainFrontMatter(fields: readonly (readonly [string, unknown])[]): string {
  const lines = fields
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${jsonLine(value)}`);
  return ['---', ...lines, '---'].join('\n');
}

function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'string' ? cleanText(one) : one,
  );
  // YAML takes these for line ends or forbids them raw; JSON doesn't mind.
  return text.replaceAll(/[\u0085\u2028\u2029]/g, ' ');
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

/** What tells this run from the incident's others: the workflow run and attempt, or when it began. */
export function runKey(run: RunReport): string {
  const { run: workflow } = run.identity;
  return workflow === undefined ? run.startedAt : `${workflow.id}.${workflow.attempt}`;
}

/** One row per run; publishing adds the rows it finds in the file. */
export function runsTable(report: Report): string {
  const rows = [...report.earlier, report].map(runRow);
  return [...runsHead, ...rows].join('\n');
}

/** The row starts with when the run began, which is what tells it from others in the file. */
function runRow(run: RunReport): string {
  const { identity, verdict } = run;
  const where =
    identity.run === undefined
      ? 'on a laptop'
      : link(`run ${identity.run.id}.${identity.run.attempt}`, identity.run.url);
  const { tone, label } = verdictWords(verdict);
  const outcome = `${toneMark(tone)} ${label}`;
  return `| ${run.startedAt} | ${where} | ${escapeText(identity.actor)} | ${outcome} |`;
}
