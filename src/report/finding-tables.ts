// Tables of what a run found out besides its steps: why a watch decided, what a drill measured and compared, and what was
// there afterwards. Shared by summary and record.

import type { ComponentChange, DrillMeasure } from '../events.ts';
import { drillMeasures } from '../events.ts';
import { escapeProse } from '../values/markdown.ts';
import type { FoundReport, Report, RunReport, StepReport, WatchReport } from './model.ts';
import { stepsOf } from './model.ts';
import { isDrill } from './run-kind.ts';
import type { Extent } from './table-cells.ts';
import { code, prose, table, text, toneMark, unbroken } from './table-cells.ts';
import {
  count,
  formatDuration,
  measureWords,
  missingMeasure,
  shorten,
  someOf,
  utc,
  watchWords,
} from './wording.ts';

/** What was watched, and every condition that decided: of the deploy, and of what was gone back to. */
export function watchPart({ watch, soak }: RunReport, extent: Extent): string | undefined {
  const parts = [
    ...(watch === undefined ? [] : [watchText(watch, 'Window', extent)]),
    ...(soak === undefined ? [] : [watchText(soak, 'After the rollback: window', extent)]),
  ];
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

function watchText({ result, watched, windowMs }: WatchReport, which: string, extent: Extent): string {
  const names = someOf(watched, 20, ', ');
  const what = `${which} ${formatDuration(windowMs)}${names === '' ? '' : `, watching ${names}`}.`;
  if (result === undefined)
    return `${escapeProse(shorten(what, extent.cellCharacters))} How it ended is not in the journal.`;
  const ended = `Ended after ${formatDuration(result.durationMs)}, ${count(result.looks, 'look')}: ${watchWords[result.state].label}.`;
  const calledFor = [
    result.trigger === undefined ? undefined : `trigger ${result.trigger}`,
    result.severity === undefined ? undefined : `severity ${result.severity}`,
    result.scenario === undefined ? undefined : `scenario ${result.scenario}`,
  ].filter((one) => one !== undefined);
  const called =
    result.state === 'bad' && calledFor.length > 0 ? ` Called for: ${calledFor.join(', ')}.` : '';
  const rows = result.because.map((one) => () => [prose(one, extent)]);
  return [
    escapeProse(shorten(`${what} ${ended}${called}`, extent.cellCharacters)),
    rows.length === 0 ? undefined : table([result.state === 'quiet' ? 'what was seen' : 'why'], rows, extent),
  ]
    .filter((one) => one !== undefined)
    .join('\n\n');
}

/** Times a drill measured against their limits; what it did not come to measure is a row, too. */
export function measuresTable(run: RunReport, extent: Extent): string | undefined {
  if (!isDrill(run) || run.identity.dryRun) return undefined;
  if (run.measures.length === 0 && !run.changedAnything) return undefined;
  const rows = drillMeasures.map((name) => () => measureRow(run, name, extent));
  return table(['', 'what', 'took', 'limit', 'how it is known'], rows, extent, ['c', 'l', 'r', 'r', 'l']);
}

function measureRow(run: RunReport, name: DrillMeasure, extent: Extent): readonly string[] {
  const measured = run.measures.findLast((one) => one.name === name);
  if (measured === undefined) {
    const missing = missingMeasure(run, name);
    return [missing === 'not noticed' ? '❌' : '❓', measureWords[name], `**${missing}**`, '–', '–'];
  }
  const { durationMs, limitMs, detail } = measured;
  const late = limitMs !== undefined && durationMs > limitMs;
  return [
    toneMark(late ? 'bad' : 'good'),
    measureWords[name],
    `${late ? '**too long:** ' : ''}${unbroken(durationMs)}`,
    limitMs === undefined ? '–' : unbroken(limitMs),
    text(detail, extent),
  ];
}

/** Whether each component is again what it was before the drill. */
export function comparedTable(run: RunReport, extent: Extent): string | undefined {
  if (!isDrill(run) || run.identity.dryRun) return undefined;
  const named = new Set(run.compared.map(({ component }) => component));
  const missing = run.changedAnything ? run.changes.filter(({ component }) => !named.has(component)) : [];
  const rows = [
    ...run.compared.map(({ component, before, now, same }) => () => [
      same ? '✅' : '❌',
      text(component, extent),
      text(before, extent),
      same ? text(now, extent) : `**${text(now, extent)}**`,
    ]),
    ...missing.map(({ component, to }) => () => [
      '❓',
      text(component, extent),
      text(to.label, extent),
      '**not compared**',
    ]),
  ];
  return rows.length === 0 ? undefined : table(['', 'component', 'before the drill', 'now'], rows, extent);
}

/** What somebody found after the run was gone, beside where it was to go, and which steps nobody knows the end of. */
export function foundPart(run: Report, extent: Extent): string | undefined {
  if (run.found.length === 0) return undefined;
  const rows = run.found.map((one) => () => [
    utc(one.at),
    text(one.component, extent),
    text(one.version, extent),
    text(one.detail, extent),
    standing(one, run.changes, extent),
  ]);
  const unknown = stepsOf(run).filter(({ status }) => status === 'unknown');
  const steps =
    unknown.length === 0
      ? undefined
      : [
          'Nobody knows how these ended:',
          '',
          ...unknown
            .slice(0, extent.rows)
            .map((step) => `- ${text(step.title, extent)}${started(step, extent)}`),
        ].join('\n');
  return [table(['UTC', 'component', 'is at', 'state', 'that is'], rows, extent), steps]
    .filter((one) => one !== undefined)
    .join('\n\n');
}

function standing(found: FoundReport, changes: readonly ComponentChange[], extent: Extent): string {
  const change = changes.find(({ component }) => component === found.component);
  if (change === undefined) return '–';
  const is = ({ id, label }: ComponentChange['to']): boolean =>
    found.version === id || found.version === label || label.startsWith(`${found.version} `);
  if (change.alreadyThere && is(change.to)) return 'where it was left';
  if (is(change.to)) return 'where it was to go';
  if (is(change.from)) return '**still what it was to leave**';
  return `was ${text(change.from.label, extent)}, was to go to ${text(change.to.label, extent)}`;
}

function started(step: StepReport, extent: Extent): string {
  const last = step.operations.findLast(({ mutates, attempts }) => mutates && attempts.length > 0);
  return last === undefined ? '' : `: started ${code(last.shown, extent)}`;
}
