// Words and numbers that every form of the report shares, so that all of them say the same thing. Plain text, not yet escaped.

import type { ComponentChange, Outcome, StepStatus } from '../events.ts';
import type { PhaseReport, RunReport, StepReport, Tone } from './model.ts';

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

/** ` (too long)` or ` (not recovered)`, empty when in time or when there was no limit. */
export function lateText(run: RunReport): string {
  if (run.recovery.met !== false) return '';
  return run.verdict.outcome === 'rolled-back' ? 'too long' : 'not recovered';
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
