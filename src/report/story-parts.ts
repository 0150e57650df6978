// What every story is made of: its shape, and the sentences that rollbacks, watched deploys and drills share. Plain text,
// not yet escaped.

import { isKnown } from './fold-run.ts';
import type { CheckReport, Report, StepReport, Tone } from './model.ts';
import { stepsOf } from './model.ts';
import { isLost } from './run-kind.ts';
import { count, shorten, someOf } from './wording.ts';

export type NextStep = {
  readonly text: string;
  /** Lines that are read as a list or a listing, kept as they are: candidates, findings with their carets. */
  readonly listing?: readonly string[];
  /** To be pasted into a POSIX shell: pieces that may be joined by spaces or by continued lines. */
  readonly command?: readonly string[];
};

export type Story = {
  readonly tone: Tone;
  /** The heading: who is where now. */
  readonly headline: string;
  /** What people want to know first, and the same for a narrow terminal. */
  readonly question: string;
  readonly shortQuestion: string;
  /** Its answer: yes, no or what else is true. */
  readonly back: string;
  readonly happened: string;
  /** What a drill's failure means for a real incident. */
  readonly meaning?: string | undefined;
  /** What the reason that was given is of. */
  readonly reasonLabel: string;
  readonly next: readonly NextStep[];
};

export function serviceOf(report: Report): string {
  const { service } = report.identity;
  // A headline is cut at its end, and what stands there must not be lost to a long name.
  return isKnown(service) ? shorten(service, 60) : 'the service';
}

/** How far back the service is when the run broke off. */
export function half(report: Report): string {
  if (!report.changedAnything) return 'unchanged';
  const begun = stepsOf(report).some(
    ({ component, operations }) =>
      component !== undefined && operations.some(({ attempts }) => attempts.length > 0),
  );
  if (!begun && report.changes.length > 0) return 'not back: no component was moved yet';
  const unknown = stepsOf(report).filter(({ status }) => status === 'unknown').length;
  return unknown > 0
    ? `part-way back, and ${count(unknown, 'step is', 'steps are')} unknown`
    : 'part-way back';
}

/** `4 of 5 steps done, 1 left out`; left out are those that had nothing to do or whose condition said no. */
export function tally(steps: readonly StepReport[], verb: string, leftOutVerb: string): string {
  const leftOut = steps.filter((step) => step.skipped !== undefined).length;
  const done = steps.filter(
    ({ status, skipped }) => skipped === undefined && (status === 'succeeded' || status === 'planned'),
  ).length;
  const wanted = steps.length - leftOut;
  const all = done === wanted ? count(wanted, 'step') : `${done} of ${count(wanted, 'step')}`;
  return `${all} ${verb}${leftOut === 0 ? '' : `, ${leftOut} ${leftOutVerb}`}`;
}

/** What went wrong, step by step: the one that failed, and every one that nobody knows the end of. */
export function brokenSteps(report: Report): readonly string[] {
  const steps = stepsOf(report);
  const failed =
    steps.find(({ step }) => step === report.verdict.failedStep) ??
    steps.find(({ status }) => status === 'failed');
  const unknown = steps.filter((step) => step.status === 'unknown' && step !== failed);
  return [
    ...(failed === undefined
      ? []
      : [`Step “${failed.title}” ${failed.status === 'unknown' ? 'is unknown' : 'failed'}.`]),
    ...(unknown.length === 0
      ? []
      : [
          `${unknown.length === 1 ? 'Step' : 'Steps'} ${someOf(
            unknown.map(({ title }) => `“${title}”`),
            5,
            ', ',
          )} ${unknown.length === 1 ? 'is' : 'are'} unknown.`,
        ]),
  ];
}

/** What somebody found who looked after the run was gone. Empty when nobody did. */
export function foundText(report: Report): string {
  if (report.found.length === 0) return '';
  const all = report.found.map(
    ({ component, version, detail }) => `${component} is at ${version}${detail === '' ? '' : `, ${detail}`}`,
  );
  return `Now, as found afterwards: ${someOf(all, 10, '; ')}.`;
}

/** Said when the run itself didn't say how it ended. */
export function journalEnds(report: Report): string | undefined {
  if (report.verdict.said || isLost(report)) return undefined;
  const still = report.found.length > 0 ? '' : ', or it is still going on';
  return `The journal ends at ${report.endedAt} without a verdict: the run was killed${still}.`;
}

export type Seen = {
  readonly failing: readonly CheckReport[];
  readonly blind: readonly CheckReport[];
  /** How many checks were measured. */
  readonly measured: number;
};

export function seenBy(report: Report): Seen {
  const now = report.checks.filter((check) => check.now !== undefined);
  return {
    failing: now.filter((check) => check.now?.state === 'fail'),
    blind: now.filter((check) => check.now?.state === 'inconclusive' || check.now?.state === 'error'),
    measured: now.length,
  };
}

/** What users see, where something is bad or can't be told. */
export function badlySeen({ failing, blind }: Seen): string | undefined {
  if (failing.length > 0)
    return `No. ${count(failing.length, 'check fails', 'checks fail')}: ${names(failing)}.`;
  return blind.length > 0 ? `Not known. No usable answer from ${names(blind)}.` : undefined;
}

export function passedText({ measured }: Seen): string {
  return `${measured} of ${count(measured, 'check')} passed`;
}

/** The answer to "is the service back?" after a run that took something back, or tried to. */
export function backText(report: Report): string {
  const { outcome } = report.verdict;
  const seen = seenBy(report);
  const bad = badlySeen(seen);
  if (bad !== undefined) return bad;
  if (outcome === 'refused' && !report.changedAnything)
    return 'Unchanged: it is as it was before you pressed.';
  if (outcome === 'halted' || outcome === 'interrupted' || outcome === 'failed') {
    return seen.measured === 0
      ? `Not known. Nothing was measured ${report.changedAnything ? 'since the last change' : 'in this run'}.`
      : `Perhaps: ${passedText(seen)}, but the rollback is not complete.`;
  }
  if (outcome === 'inconclusive') return 'Not known.';
  return seen.measured > 0
    ? `Yes: ${passedText(seen)}.`
    : 'Yes, as far as its components tell. The plan has no checks of what users see: add `verify`.';
}

function names(checks: readonly CheckReport[]): string {
  return someOf(
    checks.map(({ name }) => name),
    20,
    ', ',
  );
}

export function hintOf(report: Report): readonly NextStep[] {
  const { fault } = report.verdict;
  return fault === undefined || fault.hint.trim() === '' ? [] : fromHint(fault.hint);
}

/**
 * What to do after a run that broke off: the same command, or the button. A step that another press does a second time,
 * and that may have happened, comes first: people do what stands here.
 */
export function goOn(report: Report, text: string, command: readonly string[]): readonly NextStep[] {
  const twice = stepsOf(report).filter(mayHappenTwice);
  if (twice.length === 0) return [...hintOf(report), { text, command }];
  const names = someOf(
    twice.map(({ title }) => `“${title}”`),
    5,
    ', ',
  );
  return [
    ...hintOf(report),
    {
      text: `Look first whether ${names} happened: pressing again does it a second time. If it did happen, go on without it: with \`done-if\` on that step, or a scenario without it.`,
    },
    { text: 'Only if it did not, go on with this; what is already back stays untouched:', command },
  ];
}

function mayHappenTwice({ status, operations }: StepReport): boolean {
  return operations.some(({ once, attempts }) => {
    const last = attempts.at(-1);
    if (once !== true || last === undefined || status === 'succeeded') return false;
    return status === 'unknown' || last.done?.ended === 'cancelled';
  });
}

/** A line that ends with a command of ours to press. */
const pressed = /^(.*:) (rollback-plan rollback .+)$/;

/** A hint's first line says what to do; what follows it is kept line by line, but a command stands apart, to be pasted. */
function fromHint(hint: string): readonly NextStep[] {
  const lines = hint.trimEnd().split('\n');
  const at = lines.findIndex((line) => pressed.test(line));
  if (at !== -1) {
    const [, text = '', command = ''] = pressed.exec(lines[at] ?? '') ?? [];
    const parts = [lines.slice(0, at), lines.slice(at + 1)].map((part) => part.join('\n'));
    const [before = [], after = []] = parts.map((part) => (part === '' ? [] : fromHint(part)));
    return [...before, { text, command: [command] }, ...after];
  }
  const [first = '', ...rest] = lines;
  const listing = rest[0] === '' ? rest.slice(1) : rest;
  return [listing.length === 0 ? { text: sentence(first) } : { text: sentence(first), listing }];
}

/** Ends like a sentence, so that several can stand in a row. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?:)`]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
