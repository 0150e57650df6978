// What was run and what came back: commands, exit codes, output; and, for a dry run, what would be run. Plain text for
// code blocks, escaped by the fence that is put around it.

import type { OperationReport, Report, RunReport, StepReport } from './model.ts';
import { stepsOf } from './model.ts';
import { formatDuration, lastBytes } from './wording.ts';

/** Everything one step ran, as it would look in a terminal. `bytes` bounds each stream of output; 0 leaves output away. */
export function stepLog(step: StepReport, bytes: number): string {
  return step.operations.map((operation) => operationLog(operation, bytes)).join('\n\n');
}

function operationLog(operation: OperationReport, bytes: number): string {
  const shown = `$ ${operation.shown}`;
  const tries = operation.attempts.map(({ attempt, at, done }) => {
    const ordinal = operation.attempts.length > 1 ? `attempt ${attempt}, ` : '';
    if (done === undefined) {
      return `[${ordinal}${at}: started, and nothing tells whether it happened]`;
    }
    const code = done.exitCode === undefined ? '' : `, exit ${done.exitCode}`;
    return [
      ...output(done.stdout, bytes),
      ...output(done.stderr, bytes),
      `[${ordinal}${done.ended}${code}, ${formatDuration(done.durationMs)}]`,
    ].join('\n');
  });
  return [`# ${operation.title}`, shown, ...(tries.length === 0 ? ['[not run]'] : tries)].join('\n');
}

function output(text: string, bytes: number): readonly string[] {
  const trimmed = text.trimEnd();
  return trimmed === '' || bytes === 0 ? [] : [lastBytes(trimmed, bytes)];
}

/** How many bytes of output a run's steps hold. */
export function outputBytes(run: RunReport): number {
  let total = 0;
  for (const step of stepsOf(run)) {
    for (const { attempts } of step.operations) {
      for (const { done } of attempts) total += (done?.stdout.length ?? 0) + (done?.stderr.length ?? 0);
    }
  }
  return total;
}

/** The last lines that the failing step printed, errors first; `undefined` when it printed nothing. */
export function lastWords(report: Report, lines = 15): string | undefined {
  const steps = stepsOf(report);
  const failing =
    steps.find(({ step }) => step === report.verdict.failedStep) ??
    steps.find(({ status }) => status === 'failed' || status === 'unknown');
  const done = failing?.operations.flatMap(({ attempts }) => attempts).at(-1)?.done;
  if (done === undefined) return undefined;
  const said = done.stderr.trim() === '' ? done.stdout : done.stderr;
  const last = lastBytes(said.trim().split('\n').slice(-lines).join('\n'), 4_000);
  return last === '' ? undefined : last;
}

/** The very commands a dry run found, in the order they would run. */
export function plannedCommands(run: RunReport): string {
  return run.phases
    .flatMap((phase) => [
      `# ${phase.name}${phase.parallel ? ' (in parallel)' : ''}`,
      ...phase.steps.flatMap(plannedStep),
    ])
    .join('\n');
}

function plannedStep(step: StepReport): readonly string[] {
  if (step.skipped !== undefined) return [`# skipped: ${step.title}: ${step.skipped}`];
  if (step.operations.length === 0) return [`# ${step.title}: nothing to run`];
  const known = step.outputsKnownAfter.map((name) => `# ${name}: <known after ${step.title}>`);
  return [
    ...step.operations.flatMap((operation) => [
      `# ${operation.title}${operation.mutates ? '' : ' (changes nothing)'}`,
      operation.shown,
    ]),
    ...known,
  ].map((line) => (line.startsWith('#') ? line.replaceAll(/\s+/g, ' ') : line));
}

/** What the server says would change, one text per step; steps without a preview are told apart from those without a change. */
export function previews(
  run: RunReport,
): readonly { readonly title: string; readonly preview: string | undefined }[] {
  return stepsOf(run)
    .filter((step) => step.skipped === undefined && step.operations.some(({ mutates }) => mutates))
    .map(({ title, preview }) => ({ title, preview }));
}
