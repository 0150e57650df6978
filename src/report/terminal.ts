// The report for a terminal: the same sentences as the summary, at most 100 columns wide, colour only when asked for.

import { styleText } from 'node:util';
import { cleanText, oneLine } from '../values/markdown.ts';
import { lastWords, plannedCommands, previews } from './evidence.ts';
import type { PhaseReport, Report, StepReport } from './model.ts';
import { stepsOf } from './model.ts';
import { recordLines } from './record-place.ts';
import { isDrill } from './run-kind.ts';
import { storyOf } from './story.ts';
import { findings } from './terminal-findings.ts';
import { cut, type Paint, width, wrap } from './terminal-layout.ts';
import {
  checkWords,
  exceeded,
  firstBytes,
  foldLines,
  formatDuration,
  gateName,
  lateText,
  movedText,
  phaseName,
  severityOf,
  statusWords,
  tookText,
  versionsTitle,
} from './wording.ts';

export type TerminalStyle = { readonly color: boolean };

export function renderTerminal(report: Report, style: TerminalStyle): string {
  const paint = painter(style);
  const parts = [
    verdict(report, paint),
    ...findings(report, paint).map(({ title, lines }) => section(title, lines, paint)),
    section(versionsTitle(report, 'Versions'), changes(report), paint),
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
  const { identity } = report;
  const late = lateText(report);
  const took = tookText(report);
  const facts = [
    isDrill(report) ? 'DRILL, not an incident' : undefined,
    identity.target,
    severityOf(report),
    took === undefined ? undefined : `${took}${late === '' ? '' : ` (${late})`}`,
    `${isDrill(report) ? 'drill' : 'incident'} ${identity.incident}`,
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
    wrap(`${story.shortQuestion}  ${story.back}`, 2),
    wrap(`What happened:  ${story.happened}`, 2),
    ...(story.meaning === undefined ? [] : [wrap(`In a real incident:  ${story.meaning}`, 2)]),
    ...(identity.reason.trim() === '' ? [] : [wrap(`Why:  ${identity.reason}`, 2)]),
    ...story.next.flatMap(({ text, listing, command }, index) => [
      wrap(`${index === 0 ? 'Do now:  ' : '  '}${text}`, 2),
      ...listingLines(listing ?? []),
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

/** What has a here-document is pasted as it is, so it is neither wrapped nor indented. */
function listingLines(listing: readonly string[]): readonly string[] {
  const lines = listing.flatMap((line) => cleanText(line).split('\n'));
  if (lines.some((line) => line.endsWith("<<'END'"))) return lines;
  return lines.flatMap((line) => foldLines(line, width - 4).split('\n')).map((line) => `    ${line}`);
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
    cut(phaseLine(phase, phaseName(report, phase))),
    ...phase.steps.flatMap((step) => stepLines(step, paint)),
  ]);
}

function phaseLine(phase: PhaseReport, name: string): string {
  if (phase.status === 'skipped') return `  ${oneLine(name)} (skipped)`;
  const took = phase.durationMs === undefined ? '' : `  ${formatDuration(phase.durationMs)}`;
  const budget = phase.budgetMs === undefined ? '' : ` of ${formatDuration(phase.budgetMs)}`;
  return `  ${oneLine(name)}${took}${budget}${exceeded(phase) ? '  OVER BUDGET' : ''}`;
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

function plan(report: Report, paint: Paint): string | undefined {
  // Refused before there was anything to show: there is nothing to approve either.
  if (report.phases.length === 0) return undefined;
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
      wrap(
        `  ${mark} ${name}: ${label}${last.value === '' ? '' : `, ${last.value}`}, expected ${last.expected}${was}`,
        4,
      ),
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
    .map(({ name, subject, state, detail, hint }) =>
      paint(
        state === 'refuse' ? 'bad' : 'warning',
        wrap(
          `  ${state === 'refuse' ? '✗' : '!'} ${gateName({ name, subject })}: ${detail}${hint === undefined || saidAlready(report, hint) ? '' : ` → ${hint}`}`,
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
  const { identity } = report;
  const { plan } = identity;
  const at = [plan.ref, plan.commit?.slice(0, 12)].filter((one) => one !== undefined).join(', ');
  const about = `plan ${plan.path}${at === '' ? '' : ` at ${at}`}, Rollback Plan ${identity.tool}${identity.run === undefined ? '' : `, ${identity.run.url}`}`;
  return [...recordLines(report).map((line) => wrap(line, 2)), paint('dim', wrap(about, 2))].join('\n');
}
