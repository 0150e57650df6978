// Words and numbers that every form of the report shares, so that all of them say the same thing. Plain text, not yet escaped.

import type { ComponentChange, DrillMeasure, Fault, Outcome, StepStatus } from '../events.ts';
import { isGreen } from '../events.ts';
import { formatDuration } from '../values/durations.ts';
import type { PhaseReport, RunReport, StepReport, Tone } from './model.ts';
import { isDrill, isLost } from './run-kind.ts';

export { formatDuration } from '../values/durations.ts';

/** What an outcome is called in a heading, and how it feels. */
export const outcomeWords = {
  'rolled-back': { tone: 'good', label: 'rolled back' },
  'already-there': { tone: 'good', label: 'already there' },
  verified: { tone: 'good', label: 'verified' },
  planned: { tone: 'plain', label: 'dry run' },
  ready: { tone: 'good', label: 'ready to roll back' },
  refused: { tone: 'bad', label: 'refused' },
  halted: { tone: 'bad', label: 'halted' },
  failed: { tone: 'bad', label: 'failed' },
  inconclusive: { tone: 'bad', label: 'inconclusive' },
  interrupted: { tone: 'bad', label: 'interrupted' },
} as const satisfies Readonly<Record<Outcome, { readonly tone: Tone; readonly label: string }>>;

/**
 * How a run ended, in words. A green outcome that is not a green run says what went wrong; one that is green only because
 * somebody wants it so says that, too.
 */
export function verdictWords(verdict: {
  readonly outcome: Outcome;
  readonly green: boolean;
  readonly fault?: Fault | undefined;
}): { readonly tone: Tone; readonly label: string } {
  const words = outcomeWords[verdict.outcome];
  if (!isGreen(verdict.outcome) || (verdict.green && verdict.fault === undefined)) return words;
  const label =
    verdict.fault?.code === 'deploy-rolled-back' ? 'bad deploy, rolled back' : `${words.label}, not good`;
  return { tone: verdict.green ? 'warning' : 'bad', label };
}

export const watchWords = {
  quiet: { tone: 'good', label: 'nothing bad' },
  bad: { tone: 'bad', label: 'bad' },
  blind: { tone: 'warning', label: 'nobody can tell' },
  stopped: { tone: 'warning', label: 'stopped' },
} as const satisfies Readonly<Record<string, { readonly tone: Tone; readonly label: string }>>;

export const measureWords = {
  noticed: 'noticed',
  'rolled-back': 'rolled back',
  'served-again': 'users served again',
} as const satisfies Readonly<Record<DrillMeasure, string>>;

/** What a drill did not come to measure. That nothing noticed is known when the watch ended quiet. */
export function missingMeasure(run: RunReport, name: DrillMeasure): 'not noticed' | 'not measured' {
  return name === 'noticed' && run.watch?.result?.state === 'quiet' ? 'not noticed' : 'not measured';
}

/** `api revision 7, config v1.4`; at most `most` of them. */
export function versionsText(versions: Readonly<Record<string, string>>, most = 20): string {
  const all = Object.entries(versions).map(([component, version]) => `${component} ${version}`);
  return someOf(all, most, ', ');
}

/** At most `most` of a list, saying how many more there are. */
export function someOf(all: readonly string[], most: number, between: string): string {
  const shown = all.slice(0, most);
  return [...shown, ...(all.length > shown.length ? [`${all.length - shown.length} more`] : [])].join(
    between,
  );
}

export const statusWords = {
  planned: { tone: 'plain', mark: '○', label: 'planned' },
  running: { tone: 'warning', mark: '…', label: 'not finished' },
  succeeded: { tone: 'good', mark: '✓', label: 'done' },
  failed: { tone: 'bad', mark: '✗', label: 'failed' },
  skipped: { tone: 'plain', mark: '–', label: 'skipped' },
  unknown: { tone: 'bad', mark: '?', label: 'unknown' },
} as const satisfies Readonly<
  Record<StepStatus, { readonly tone: Tone; readonly mark: string; readonly label: string }>
>;

export const checkWords = {
  pass: { tone: 'good', mark: '✓', label: 'pass' },
  fail: { tone: 'bad', mark: '✗', label: 'fail' },
  inconclusive: { tone: 'warning', mark: '?', label: 'no usable data' },
  error: { tone: 'warning', mark: '!', label: 'could not measure' },
} as const satisfies Readonly<
  Record<string, { readonly tone: Tone; readonly mark: string; readonly label: string }>
>;

/** `api 8 → 7, config v14 → v13 (already there)` */
export function changesText(changes: readonly ComponentChange[]): string {
  if (changes.length === 0) return 'nothing';
  return changes
    .map(({ component, from, to, alreadyThere }) =>
      alreadyThere ? `${component} stays at ${to.id}` : `${component} ${from.id} → ${to.id}`,
    )
    .join(', ');
}

/** `api 7, config v13`: where the service is or was to be taken. */
export function destinationText(changes: readonly ComponentChange[]): string {
  const moving = changes.filter((change) => !change.alreadyThere);
  return (moving.length > 0 ? moving : changes)
    .map(({ component, to }) => `${component} ${to.id}`)
    .join(', ');
}

/** `2026-11-21 10:27:05` of `2026-11-21T10:27:05.123Z`; the table's head says that it is UTC. */
export function utc(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

export function utcTime(at: string): string {
  return at.slice(11, 19);
}

/** How a step's versions moved, `undefined` when it isn't about versions. */
export function movedText(step: StepReport): string | undefined {
  if (step.before === undefined && step.after === undefined) return undefined;
  if (step.after === undefined) return step.status === 'succeeded' ? step.before : `${step.before} → ?`;
  if (step.before === undefined || step.before === step.after) return step.after;
  return `${step.before} → ${step.after}`;
}

/** `too long` or `not recovered`, empty when in time or when there was no limit. */
export function lateText(run: RunReport): string {
  if (run.recovery.met !== false) return '';
  const { outcome } = run.verdict;
  return outcome === 'rolled-back' || isDrill(run) ? 'too long' : 'not recovered';
}

/** The severity that counts: a trigger's own, else what was given. */
export function severityOf(run: RunReport): string | undefined {
  if (run.decision?.severity !== undefined) return run.decision.severity;
  const result = run.watch?.result;
  return result?.state === 'bad' ? (result.severity ?? run.identity.severity) : run.identity.severity;
}

/** How long it took, with the limit where there is one: `27 s of 15 m`; what the limit is of where that isn't all of it. */
export function tookText(run: RunReport): string | undefined {
  const { tookMs, countedMs, withinMs, met } = run.recovery;
  // Nobody knows how long a run took that left nothing.
  if (isLost(run)) return undefined;
  const limit = withinMs === undefined || met === undefined ? undefined : formatDuration(withinMs);
  if (limit === undefined) return formatDuration(tookMs);
  if (countedMs === tookMs) return `${formatDuration(tookMs)} of ${limit}`;
  const counted = isDrill(run) ? 'until users were served again' : 'since it was noticed';
  return `${formatDuration(tookMs)}; ${formatDuration(countedMs)} of ${limit} ${counted}`;
}

/** Lines of at most `most` characters, broken between words where there are any, for places where nobody scrolls sideways. */
export function foldLines(text: string, most: number): string {
  const pieces = new RegExp(`.{1,${most}}(?=\\s|$)\\s?|.{1,${most}}`, 'gu');
  return text
    .split('\n')
    .map((line) =>
      line.length <= most ? line : (line.match(pieces) ?? []).map((piece) => piece.trimEnd()).join('\n'),
    )
    .join('\n');
}

/** In a drill, the plan's own phases are what is rehearsed between `break` and `restore`. */
export function phaseName(run: RunReport, { name }: PhaseReport): string {
  const rehearsed = isDrill(run) && name !== 'break' && name !== 'restore';
  return rehearsed ? `rollback: ${name}` : name;
}

/** What the table of pinned versions is of: where a run goes, or where a drill started and has to end. */
export function versionsTitle(run: RunReport, otherwise: string): string {
  const still = run.changes.every(({ alreadyThere }) => alreadyThere);
  return isDrill(run) && still ? 'Pinned before the drill' : otherwise;
}

export function exceeded(phase: PhaseReport): boolean {
  return (
    phase.overBudget ||
    (phase.budgetMs !== undefined && phase.durationMs !== undefined && phase.durationMs > phase.budgetMs)
  );
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** At most `most` bytes of UTF-8 from the end, whole lines where possible, saying what was left out. */
export function lastBytes(text: string, most: number): string {
  const total = Buffer.byteLength(text);
  if (total <= most) return text;
  const bytes = Buffer.from(text.slice(-most), 'utf8');
  const tail = bytes
    .subarray(Math.max(0, bytes.length - most))
    .toString('utf8')
    .replace(/^\ufffd+/, '');
  const newline = tail.indexOf('\n');
  const kept = newline >= 0 && newline < tail.length - 1 ? tail.slice(newline + 1) : tail;
  return `[… ${total - Buffer.byteLength(kept)} bytes left out]\n${kept}`;
}

/** At most `most` bytes of UTF-8 from the beginning, saying what was left out. */
export function firstBytes(text: string, most: number): string {
  const total = Buffer.byteLength(text);
  if (total <= most) return text;
  const head = Buffer.from(text.slice(0, most), 'utf8')
    .subarray(0, most)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  const newline = head.lastIndexOf('\n');
  const kept = newline > 0 ? head.slice(0, newline) : head;
  return `${kept}\n[… ${total - Buffer.byteLength(kept)} bytes left out]`;
}

/** One line, at most `most` characters. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const points = [...text.slice(0, 2 * most + 1)];
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`;
}

/** `quota (compute-resources)`. */
export function gateName({
  name,
  subject,
}: {
  readonly name: string;
  readonly subject?: string | undefined;
}): string {
  return subject === undefined ? name : `${name} (${subject})`;
}
