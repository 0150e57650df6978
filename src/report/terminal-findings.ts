// What a run found out besides its steps, in lines for a terminal: the watch, a drill's times and comparison, and what
// was there afterwards.

import { drillMeasures } from '../events.ts';
import type { Report, WatchReport } from './model.ts';
import { stepsOf } from './model.ts';
import { isDrill } from './run-kind.ts';
import { type Paint, wrap } from './terminal-layout.ts';
import {
  count,
  formatDuration,
  measureWords,
  missingMeasure,
  shorten,
  someOf,
  watchWords,
} from './wording.ts';

/** The summary has them all. */
const mostLines = 20;
const mostCharacters = 600;

export function findings(
  report: Report,
  paint: Paint,
): readonly { readonly title: string; readonly lines: readonly string[] }[] {
  return [
    { title: 'What is there now', lines: found(report) },
    { title: 'Measured', lines: measured(report, paint) },
    { title: 'As before?', lines: compared(report, paint) },
    { title: 'Watch', lines: watched(report.watch) },
    { title: 'Watched after the rollback', lines: watched(report.soak) },
  ];
}

function found(report: Report): readonly string[] {
  if (report.found.length === 0) return [];
  const unknown = stepsOf(report).filter(({ status }) => status === 'unknown');
  return [
    ...bounded(
      report.found.map(
        ({ component, version, detail }) => `${component}  ${version}${detail === '' ? '' : `  (${detail})`}`,
      ),
    ),
    ...bounded(unknown.map(({ title }) => `? ${title}: nobody knows how it ended`)),
  ];
}

function measured(report: Report, paint: Paint): readonly string[] {
  if (!isDrill(report) || report.identity.dryRun) return [];
  if (report.measures.length === 0 && !report.changedAnything) return [];
  return drillMeasures.map((name) => {
    const one = report.measures.findLast((measure) => measure.name === name);
    if (one === undefined) {
      const missing = missingMeasure(report, name);
      const mark = missing === 'not noticed' ? '✗' : '?';
      return paint('bad', wrap(`  ${mark} ${measureWords[name]}: ${missing}`, 4));
    }
    const late = one.limitMs !== undefined && one.durationMs > one.limitMs;
    const limit = one.limitMs === undefined ? '' : ` of ${formatDuration(one.limitMs)}`;
    const detail = one.detail === '' ? '' : `  (${shorten(one.detail, mostCharacters)})`;
    const text = `  ${late ? '✗' : '✓'} ${measureWords[name]}  ${formatDuration(one.durationMs)}${limit}${late ? '  TOO LONG' : ''}${detail}`;
    return paint(late ? 'bad' : 'good', wrap(text, 4));
  });
}

function compared(report: Report, paint: Paint): readonly string[] {
  if (!isDrill(report)) return [];
  const lines = report.compared
    .slice(0, mostLines)
    .map(({ component, before, now, same }) =>
      same
        ? paint('good', wrap(`  ✓ ${shorten(`${component}  ${now}`, mostCharacters)}`, 4))
        : paint('bad', wrap(`  ✗ ${shorten(`${component}  was ${before}, is ${now}`, mostCharacters)}`, 4)),
    );
  if (lines.length === 0 && report.changedAnything) return [paint('bad', '  ? nothing was compared')];
  return lines;
}

function watched(watch: WatchReport | undefined): readonly string[] {
  if (watch === undefined) return [];
  const { result } = watch;
  const names = someOf(watch.watched, mostLines, ', ');
  const head = `  ${formatDuration(watch.windowMs)} window${names === '' ? '' : `: ${names}`}`;
  if (result === undefined) return [wrap(head, 4), '  how it ended is not in the journal'];
  const ended = `  ${watchWords[result.state].label} after ${formatDuration(result.durationMs)}, ${count(result.looks, 'look')}`;
  return [wrap(shorten(head, mostCharacters), 4), ended, ...bounded(result.because)];
}

function bounded(texts: readonly string[]): readonly string[] {
  const lines = texts.slice(0, mostLines).map((text) => wrap(`  - ${shorten(text, mostCharacters)}`, 4));
  return texts.length > lines.length ? [...lines, `  - ${texts.length - lines.length} more`] : lines;
}
