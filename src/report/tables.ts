// The tables that job summary and incident record share. Outside text comes in raw and is escaped here, cell by cell.

import { mermaidText } from '../values/markdown.ts';
import type {
  CheckReport,
  GateReport,
  Measured,
  PhaseReport,
  RunReport,
  StepReport,
  TimelineEntry,
} from './model.ts';
import { stepsOf } from './model.ts';
import type { Extent } from './table-cells.ts';
import { code, prose, table, text, toneMark, unbroken } from './table-cells.ts';
import {
  checkWords,
  exceeded,
  gateName,
  movedText,
  phaseName,
  statusWords,
  utc,
  utcTime,
} from './wording.ts';

export type { Extent } from './table-cells.ts';
export { toneMark } from './table-cells.ts';

/** Component, from → to. `undefined` when nothing was pinned. */
export function changesTable(run: RunReport, extent: Extent): string | undefined {
  if (run.changes.length === 0) return undefined;
  const rows = run.changes.map((change) => () => [
    text(change.component, extent),
    text(change.kind, extent),
    text(change.from.label, extent),
    change.alreadyThere ? `stays: ${text(change.to.label, extent)}` : `**${text(change.to.label, extent)}**`,
    text(change.because, extent),
  ]);
  return table(['component', 'kind', 'from', 'to', 'why there'], rows, extent);
}

/** Steps with their phase as a row of its own, so that its time stands beside its budget. */
export function stepsTable(run: RunReport, extent: Extent): string | undefined {
  if (run.phases.length === 0) return undefined;
  const rows = run.phases.flatMap((phase) => [
    () => phaseRow(phase, phaseName(run, phase), extent),
    ...phase.steps.map((step) => () => stepRow(step, extent)),
  ]);
  return table(['', 'step', 'before → after', 'took', 'limit'], rows, extent, ['c', 'l', 'l', 'r', 'r']);
}

function phaseRow(phase: PhaseReport, name: string, extent: Extent): readonly string[] {
  const over = exceeded(phase);
  const took = phase.durationMs === undefined ? '' : `${over ? '⚠️ ' : ''}**${unbroken(phase.durationMs)}**`;
  const budget = phase.budgetMs === undefined ? undefined : `budget ${unbroken(phase.budgetMs)}`;
  const estimate = phase.estimateMs === undefined ? undefined : `est. ${unbroken(phase.estimateMs)}`;
  const how = [
    phase.parallel ? 'in parallel' : undefined,
    phase.status === 'skipped' ? 'skipped' : undefined,
  ];
  return [
    '',
    `**${text(name, extent)}**`,
    how.filter((one) => one !== undefined).join(', '),
    phase.status === 'skipped' ? '' : took,
    [budget, estimate].filter((one) => one !== undefined).join(', '),
  ];
}

function stepRow(step: StepReport, extent: Extent): readonly string[] {
  const { mark, label } = statusMarks[step.status];
  const why =
    step.fault?.message ?? (step.status === 'succeeded' ? undefined : (step.skipped ?? step.evidence));
  const state = step.status === 'succeeded' || step.status === 'planned' ? '' : `: **${label}**`;
  const reason = why === undefined || why === '' ? '' : `<br>${prose(why, extent)}`;
  const took = step.durationMs === undefined || step.status === 'skipped' ? '–' : unbroken(step.durationMs);
  return [
    mark,
    `${text(step.title, extent)}${state}${reason}`,
    text(movedText(step), extent),
    took,
    step.timeoutMs === undefined ? '–' : unbroken(step.timeoutMs),
  ];
}

const statusMarks = {
  planned: { mark: '▫️', label: statusWords.planned.label },
  running: { mark: '⚠️', label: statusWords.running.label },
  succeeded: { mark: '✅', label: statusWords.succeeded.label },
  failed: { mark: '❌', label: statusWords.failed.label },
  skipped: { mark: '⏭️', label: statusWords.skipped.label },
  unknown: { mark: '❓', label: statusWords.unknown.label },
} as const;

/** What users saw: before anything was changed and now. */
export function checksTable(run: RunReport, extent: Extent): string | undefined {
  if (run.checks.length === 0) return undefined;
  const compared = run.checks.some((check) => check.before !== undefined);
  const head = ['', 'check', ...(compared ? ['before'] : []), 'now', 'expected', 'evidence'];
  const rows = run.checks.map((check) => () => [
    checkMark(check),
    text(check.name, extent),
    ...(compared ? [measuredCell(check.before, extent)] : []),
    measuredCell(check.now, extent),
    code((check.now ?? check.before)?.expected, extent),
    text((check.now ?? check.before)?.evidence, extent),
  ]);
  return table(head, rows, extent);
}

function checkMark(check: CheckReport): string {
  return check.now === undefined ? '❓' : toneMark(checkWords[check.now.state].tone);
}

function measuredCell(measured: Measured | undefined, extent: Extent): string {
  if (measured === undefined) return 'not measured';
  return `${checkWords[measured.state].label}${measured.value === '' ? '' : `, ${code(measured.value, extent)}`}`;
}

/** What speaks against it in a table, what passed in one line. */
export function gatesPart(run: RunReport, extent: Extent): string | undefined {
  if (run.gates.length === 0) return undefined;
  const marks = { pass: '✅', warn: '⚠️', refuse: '❌', unknown: '❓' } as const;
  const rows = run.gates
    .filter(({ state }) => state !== 'pass')
    .map((gate) => () => [
      marks[gate.state],
      text(gateName(gate), extent),
      `${prose(gate.detail, extent)}${gate.hint === undefined || run.verdict.fault?.hint.includes(gate.hint) === true ? '' : `<br>→ ${prose(gate.hint, extent)}`}`,
    ]);
  const passed = run.gates.filter(({ state }) => state === 'pass').slice(0, extent.rows);
  const listed = passed.map((gate) => `${text(passedName(gate), extent)} (${text(gate.detail, extent)})`);
  return [
    rows.length === 0 ? undefined : table(['', 'gate', 'finding'], rows, extent),
    listed.length === 0 ? undefined : `✅ Passed: ${listed.join(', ')}.`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

/** The detail stands in brackets behind it. */
function passedName({ name, subject }: GateReport): string {
  return subject === undefined ? name : `${name} ${subject}`;
}

export function timelineTable(entries: readonly TimelineEntry[], extent: Extent): string | undefined {
  if (entries.length === 0) return undefined;
  const days = new Set(entries.map(({ at }) => at.slice(0, 10)));
  const rows = entries.map((entry) => () => [
    days.size > 1 ? utc(entry.at) : utcTime(entry.at),
    entry.tone === 'plain' ? '' : toneMark(entry.tone),
    prose(entry.text, extent),
  ]);
  const [day] = days;
  return table([days.size > 1 ? 'UTC' : `${day} UTC`, '', 'event'], rows, extent, ['l', 'c', 'l']);
}

/** Bars over time, for forges that draw Mermaid. `undefined` when there is nothing to compare. */
export function gantt(run: RunReport): string | undefined {
  const drawn = new Set(
    stepsOf(run).filter((step) => step.startedAt !== undefined && step.status !== 'skipped'),
  );
  if (drawn.size < 2) return undefined;
  const lines: string[] = [];
  let number = 0;
  for (const phase of run.phases) {
    const steps = phase.steps.filter((step) => drawn.has(step)).slice(0, 40);
    if (steps.length === 0 || number > 60) continue;
    lines.push(`    section ${mermaidText(phase.name) || 'phase'}`);
    for (const step of steps) {
      number += 1;
      const tag = step.status === 'succeeded' ? '' : 'crit, ';
      const start = (step.startedAt ?? run.startedAt).slice(0, 23).replace('T', ' ').replace('Z', '');
      const took = Math.max(1, Math.round(step.durationMs ?? 1));
      lines.push(
        `    ${number}. ${mermaidText(step.title)} :${tag}s${number}, ${withMillis(start)}, ${took}ms`,
      );
    }
  }
  return [
    '```mermaid',
    // Room for the names of phases, which the chart would otherwise draw over the bars.
    `%%{init: {"gantt": {"leftPadding": ${30 + 7 * Math.max(...run.phases.map(({ name }) => Math.min(48, name.length)))}}}}%%`,
    'gantt',
    '    dateFormat YYYY-MM-DD HH:mm:ss.SSS',
    '    axisFormat %H:%M:%S',
    ...lines,
    '```',
  ].join('\n');
}

/** `2026-11-21 10:27:05` and `…:05.1` become `…:05.000` and `…:05.100`: the chart's date format is fixed. */
function withMillis(start: string): string {
  const [seconds = start, fraction = ''] = start.split('.');
  return `${seconds}.${fraction.padEnd(3, '0')}`;
}
