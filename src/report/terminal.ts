// The report for a terminal: the same sentences as the summary, at most 100 columns wide, colour only when asked for.

import { styleText } from 'node:util';
import { cleanText, oneLine } from '../values/markdown.ts';
import { lastWords, plannedCommands, previews } from './evidence.ts';
import type { PhaseReport, Report, StepReport, Tone } from './model.ts';
import { stepsOf } from './model.ts';
import { storyOf } from './story.ts';
import {
  checkWords,
  exceeded,
  firstBytes,
  foldLines,
  formatDuration,
  lateText,
  movedText,
  statusWords,
} from './wording.ts';

export type TerminalStyle = { readonly color: boolean };

const width = 100;
type Paint = (tone: Tone | 'bold' | 'dim', text: string) => string;

export function renderTerminal(report: Report, style: TerminalStyle): string {
  const paint = painter(style);
  const parts = [
    verdict(report, paint),
    section('Versions', changes(report), paint),
    report.identity.dryRun ? plan(report, paint) : section('Steps', steps(report, paint), paint),
    section('Checks', checks(report, paint), paint),
    section('Gates', gates(report, paint), paint),
    section('Good to know', notes(report), paint),
    footer(report, paint),
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function painter({ color }: TerminalStyle): Paint {
  if (!color) return (_tone, text) => text;
  const formats = {
    plain: 'reset',
    good: 'green',
    warning: 'yellow',
    bad: 'red',
    bold: 'bold',
    dim: 'dim',
  } as const;
  return (tone, text) => styleText(formats[tone], text, { validateStream: false });
}

const marks = { good: '✓', plain: '·', warning: '!', bad: '✗' } as const;

function verdict(report: Report, paint: Paint): string {
  const story = storyOf(report);
  const { identity, recovery } = report;
  const limit =
    recovery.withinMs === undefined || recovery.met === undefined
      ? ''
      : ` of ${formatDuration(recovery.withinMs)}`;
  const late = lateText(report);
  const facts = [
    identity.target,
    identity.severity,
    `${formatDuration(recovery.tookMs)}${limit}${late === '' ? '' : ` (${late})`}`,
    `incident ${identity.incident}`,
    `by ${identity.actor}`,
  ].filter((fact) => fact !== undefined);
  const words = report.verdict.green || identity.dryRun ? undefined : lastWords(report);
  return [
    paint(story.tone, wrap(`${marks[story.tone]} ${story.headline}`, 2)),
    paint('dim', wrap(`  ${facts.join(' · ')}`, 2)),
    ...(identity.overrides.length === 0
      ? []
      : [paint('warning', wrap(`! overridden by ${identity.actor}: ${identity.overrides.join(', ')}`, 2))]),
    '',
    wrap(`${identity.dryRun ? 'Changed anything?' : 'Is it back?'}  ${story.back}`, 2),
    wrap(`What happened:  ${story.happened}`, 2),
    ...(identity.reason.trim() === '' ? [] : [wrap(`Why:  ${identity.reason}`, 2)]),
    ...story.next.flatMap(({ text, listing, command }, index) => [
      wrap(`${index === 0 ? 'Do now:  ' : '  '}${text}`, 2),
      ...(listing ?? [])
        .flatMap((line) => foldLines(cleanText(line), width - 4).split('\n'))
        .map((line) => `    ${line}`),
      // A command is pasted, so it is never wrapped.
      ...(command === undefined ? [] : [paint('bold', `    ${oneLine(command.join(' '))}`)]),
    ]),
    ...(words === undefined
      ? []
      : [
          '',
          ...foldLines(words, width - 4)
            .split('\n')
            .map((line) => paint('dim', cut(`  │ ${oneLine(line)}`))),
        ]),
  ].join('\n');
}

function section(title: string, lines: readonly string[], paint: Paint): string | undefined {
  return lines.length === 0 ? undefined : [paint('bold', title), ...lines].join('\n');
}

function changes(report: Report): readonly string[] {
  return report.changes.map(({ component, from, to, alreadyThere }) =>
    wrap(
      alreadyThere ? `  ${component}  stays at ${to.label}` : `  ${component}  ${from.label} → ${to.label}`,
      4,
    ),
  );
}

function steps(report: Report, paint: Paint): readonly string[] {
  return report.phases.flatMap((phase) => [
    cut(phaseLine(phase)),
    ...phase.steps.flatMap((step) => stepLines(step, paint)),
  ]);
}

function phaseLine(phase: PhaseReport): string {
  if (phase.status === 'skipped') return `  ${oneLine(phase.name)} (skipped)`;
  const took = phase.durationMs === undefined ? '' : `  ${formatDuration(phase.durationMs)}`;
  const budget = phase.budgetMs === undefined ? '' : ` of ${formatDuration(phase.budgetMs)}`;
  return `  ${oneLine(phase.name)}${took}${budget}${exceeded(phase) ? '  OVER BUDGET' : ''}`;
}

function stepLines(step: StepReport, paint: Paint): readonly string[] {
  const { mark, label, tone } = statusWords[step.status];
  const moved = movedText(step);
  const took =
    step.durationMs === undefined || step.status === 'skipped' ? '' : `  ${formatDuration(step.durationMs)}`;
  const said = step.status === 'succeeded' ? '' : `  ${label}`;
  const why = step.fault?.message ?? (step.status === 'succeeded' ? undefined : step.skipped);
  return [
    paint(tone, wrap(`    ${mark} ${step.title}${moved === undefined ? '' : `  ${moved}`}${took}${said}`, 6)),
    ...(why === undefined || why === '' ? [] : [wrap(`      ${why}`, 6)]),
  ];
}

function plan(report: Report, paint: Paint): string {
  const diffs = previews(report).flatMap(({ title, preview }) => [
    paint('bold', wrap(title, 0)),
    cleanText(firstBytes(preview ?? "can't be previewed", 16_384)).trimEnd(),
  ]);
  return [
    paint('bold', 'Would run'),
    cleanText(plannedCommands(report)),
    ...(diffs.length === 0 ? [] : ['', paint('bold', 'Would change'), ...diffs]),
    ...(report.digest === undefined
      ? []
      : ['', `${paint('bold', 'Digest to approve')}  ${oneLine(report.digest)}`]),
  ].join('\n');
}

function checks(report: Report, paint: Paint): readonly string[] {
  return report.checks.map(({ name, before, now }) => {
    const last = now ?? before;
    if (last === undefined) return `  ${oneLine(name)}`;
    const { mark, tone, label } = checkWords[last.state];
    const was = before === undefined || now === undefined ? '' : ` (before: ${before.value})`;
    return paint(
      tone,
      wrap(`  ${mark} ${name}: ${label}, ${last.value}, expected ${last.expected}${was}`, 4),
    );
  });
}

/** The verdict's own hint stands at the top; repeating it under a gate buries what else there is to read. */
function saidAlready(report: Report, hint: string): boolean {
  return report.verdict.fault?.hint.includes(hint) === true;
}

function gates(report: Report, paint: Paint): readonly string[] {
  return report.gates
    .filter(({ state }) => state !== 'pass')
    .map(({ name, state, detail, hint }) =>
      paint(
        state === 'refuse' ? 'bad' : 'warning',
        wrap(
          `  ${state === 'refuse' ? '✗' : '!'} ${name}: ${detail}${hint === undefined || saidAlready(report, hint) ? '' : ` → ${hint}`}`,
          4,
        ),
      ),
    );
}

function notes(report: Report): readonly string[] {
  const ofSteps = stepsOf(report).flatMap((step) => step.notes.map((text) => `${step.title}: ${text}`));
  return [...report.notes.map(({ text }) => text), ...ofSteps].map((text) => wrap(`  - ${text}`, 4));
}

function footer(report: Report, paint: Paint): string {
  const last = report.published.at(-1);
  const record =
    last === undefined
      ? []
      : [
          last.ok
            ? `Record: ${last.url ?? last.path}`
            : `Record not published: ${last.fault?.message ?? 'no reason given'}. ${last.fault?.hint ?? ''}`,
        ];
  const { identity } = report;
  const about = `plan ${identity.plan.path}, Rollback Plan ${identity.tool}${identity.run === undefined ? '' : `, ${identity.run.url}`}`;
  return [...record.map((line) => wrap(line, 2)), paint('dim', wrap(about, 2))].join('\n');
}

/** Wide signs (CJK, emoji) take two columns. */
function columns(text: string): number {
  let sum = 0;
  for (const sign of text)
    sum +=
      /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{20000}-\u{3fffd}]/u.test(
        sign,
      )
        ? 2
        : 1;
  return sum;
}

function cut(line: string): string {
  return hardSplit(line, width)[0] ?? '';
}

/** One paragraph over as many lines as it needs; lines after the first are indented by `hang`. */
function wrap(text: string, hang: number): string {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const word of oneLine(text).split(' ')) {
    for (const piece of hardSplit(word, width - hang)) {
      const bare = line.trim() === '';
      const joined = bare ? `${line}${piece}` : `${line} ${piece}`;
      if (bare || columns(joined) <= width) {
        line = joined;
      } else {
        lines.push(line);
        line = `${' '.repeat(hang)}${piece}`;
      }
    }
  }
  return [...lines, line].join('\n');
}

function hardSplit(word: string, most: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const sign of word) {
    if (columns(piece + sign) > most) {
      pieces.push(piece);
      piece = '';
    }
    piece += sign;
  }
  return [...pieces, piece];
}
