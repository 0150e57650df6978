// The ledger for a terminal, newest first: what was verified and what was left, what is due, and what people changed.

import { openTasks, standingOf } from '../state/follow-ups.ts';
import type { LedgerPage, Quarantined } from '../state/ledger.ts';
import { oneLine } from '../values/markdown.ts';
import { wrap } from './terminal-layout.ts';
import { formatDuration, shorten } from './wording.ts';

export function renderLedger(shown: {
  readonly service: string;
  readonly target: string;
  readonly page: LedgerPage;
  readonly where: string | undefined;
  readonly now: Date;
  readonly liftCommand: (entry: Quarantined) => string;
  readonly doneCommand: (task: { readonly incident: string; readonly name: string }) => string;
}): string {
  const { page, liftCommand } = shown;
  const snapshots = page.snapshots.map((each) => {
    const versions = Object.entries(each.components).map(([name, { label }]) => `${name} ${label}`);
    const by =
      each.vouchedBy === undefined
        ? `verified by ${each.checks.join(', ') || 'no check'}`
        : `vouched for by ${each.vouchedBy}: ${each.reason ?? ''}`;
    return [each.id, each.at, versions.join(', '), by];
  });
  const quarantine = page.quarantine.map((each) => [
    each.component,
    each.version,
    each.label,
    each.at,
    `${each.by}, ${each.incident}`,
    each.digest,
  ]);
  const lift = page.quarantine.map((each) => `  ${liftCommand(each)}`);
  return [
    `Ledger of ${shown.service} in ${shown.target}`,
    '',
    ...section('Snapshots: live and good together', ['ID', 'AT', 'VERSIONS', 'BY'], snapshots),
    ...section(
      'Quarantine: rolled back from',
      ['COMPONENT', 'VERSION', 'WHAT', 'AT', 'BY', 'DIGEST'],
      quarantine,
    ),
    ...(lift.length === 0 ? [] : ['What was not to blame is lifted with:', ...lift, '']),
    ...section(
      'Automatic rollbacks: nobody pressed',
      ['AT', 'INCIDENT'],
      page.automatic.map(({ at, incident }) => [at, incident]),
    ),
    ...dueSections(shown),
    ...section(
      'Changed by hand',
      ['AT', 'BY', 'WHAT', 'WHY'],
      page.log.map(({ at, by, did, reason }) => [at, by, did, reason]),
    ),
    shown.where === undefined
      ? 'There is no ConfigMap yet: the first verified deploy makes it, or `rollback-plan ledger seed`.'
      : wrap(`Read it without us: ${shown.where}`, 2),
  ].join('\n');
}

function dueSections({
  page,
  now,
  doneCommand,
}: Pick<Parameters<typeof renderLedger>[0], 'page' | 'now' | 'doneCommand'>): readonly string[] {
  const { baseline } = page;
  const looks = page.rechecks.flatMap(({ incident, due }) =>
    due.map(({ at, done }) => [
      incident,
      at,
      done === undefined ? (Date.parse(at) <= now.getTime() ? 'due' : 'to come') : `${done.state} ${done.at}`,
      cut(done?.evidence ?? ''),
    ]),
  );
  const tasks = page.followUps.flatMap(({ incident, tasks: all }) =>
    all.map((task) => {
      const standing = standingOf(task, now);
      const how =
        standing.state === 'overdue'
          ? `overdue for ${formatDuration(standing.lateMs)}`
          : task.done === undefined
            ? standing.state
            : `done ${task.done.at}, ${task.done.by}`;
      return [incident, task.name, task.title, task.owner ?? '', task.due, how];
    }),
  );
  const done = page.followUps.flatMap((one) =>
    openTasks(one).map(({ name }) => `  ${doneCommand({ incident: one.incident, name })}`),
  );
  return [
    ...section('Looks after rollbacks', ['INCIDENT', 'DUE', 'STATE', 'SEEN'], looks),
    ...section('Follow-ups of rollbacks', ['INCIDENT', 'NAME', 'WHAT', 'WHO', 'DUE', 'STATE'], tasks),
    ...(done.length === 0 ? [] : ['What is done is noted with:', ...done, '']),
    ...section(
      'Drills that passed here',
      ['AT', 'DRILL'],
      page.drills.map(({ at, incident }) => [at, incident]),
    ),
    ...section(
      'Alerts that were answered',
      ['AT', 'BEGAN', 'INCIDENT', 'FINGERPRINT', 'RUN'],
      page.alerts
        .slice(0, shownAlerts)
        .map(({ at, startsAt, incident, fingerprint, run }) => [
          at,
          startsAt,
          incident,
          fingerprint,
          run ?? '',
        ]),
    ),
    ...(page.alerts.length > shownAlerts
      ? [`  ${page.alerts.length - shownAlerts} more: rollback-plan ledger --json`, '']
      : []),
    ...section(
      'Baseline: measured before the next deploy',
      ['AT', 'CONDITION', 'STATE', 'VALUE'],
      baseline === undefined
        ? []
        : Object.entries(baseline.conditions).map(([key, { state, value }]) => [
            baseline.at,
            key,
            state,
            cut(typeof value === 'string' ? value : JSON.stringify(value)),
          ]),
    ),
  ];
}

const shownAlerts = 20;

function section(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [title, '  none', ''];
  const cells = [heads, ...rows].map((row) => row.map((cell) => oneLine(cell)));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  return [title, ...lines, ''];
}

/** A column of hundreds of characters is read by nobody; `--json` has it whole. */
function cut(cell: string): string {
  return shorten(oneLine(cell), longestCell);
}

const longestCell = 120;
