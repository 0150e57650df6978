// What a tired person needs first: what happened, is the service back, what to do now. Plain text, not yet escaped;
// summary, incident record and terminal dress the same sentences.

import { shellQuote } from '../values/shell-quote.ts';
import { isKnown } from './fold-run.ts';
import type { CheckReport, Report, StepReport, Tone } from './model.ts';
import { stepsOf } from './model.ts';
import { count, destinationText, formatDuration, outcomeWords } from './wording.ts';

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
  readonly happened: string;
  /** The answer to "is the service back?", or for a dry run "was anything changed?": yes, no or what else is true. */
  readonly back: string;
  readonly next: readonly NextStep[];
};

export function storyOf(report: Report): Story {
  const { verdict, identity } = report;
  const drill = identity.mode === 'drill' ? 'Drill: ' : '';
  return {
    tone:
      identity.mode === 'verify' && verdict.outcome === 'rolled-back'
        ? 'bad'
        : outcomeWords[verdict.outcome].tone,
    headline: `${drill}${headlineOf(report)}`,
    happened: happenedOf(report),
    back: backOf(report),
    next: nextOf(report),
  };
}

function headlineOf(report: Report): string {
  const service = isKnown(report.identity.service) ? report.identity.service : 'the service';
  const to = destinationText(report.changes);
  const onTo = to === '' ? '' : ` on ${to}`;
  switch (report.verdict.outcome) {
    case 'rolled-back':
      return report.identity.mode === 'verify'
        ? `the deploy of ${service} failed and was rolled back: it is${onTo} again`
        : `${service} is back${onTo}`;
    case 'already-there':
      return `${service} was already${onTo}, nothing was changed`;
    case 'verified':
      return `${service} is healthy`;
    case 'planned':
      return to === '' ? `Dry run for ${service}` : `Dry run: ${service} would go back to ${to}`;
    case 'ready':
      return `${service} is ready to roll back${to === '' ? '' : ` to ${to}`}`;
    case 'refused':
      return report.changedAnything ? `Refused: ${service}` : `Refused: nothing was changed in ${service}`;
    case 'halted':
      return `Halted: ${service} is ${half(report)}`;
    case 'failed':
      return report.changedAnything
        ? `${service} was taken back, but its checks fail`
        : `${service} fails its checks`;
    case 'inconclusive':
      return report.changedAnything
        ? `${service} was taken back, but nobody can tell yet whether it is healthy`
        : `Nobody can tell whether ${service} is healthy`;
    case 'interrupted':
      return `Interrupted: ${service} is ${half(report)}`;
  }
}

function half(report: Report): string {
  if (!report.changedAnything) return 'unchanged';
  const steps = stepsOf(report);
  const unknown = steps.filter(({ status }) => status === 'unknown').length;
  return unknown > 0
    ? `part-way back, and ${count(unknown, 'step is', 'steps are')} unknown`
    : 'part-way back';
}

function happenedOf(report: Report): string {
  const { verdict, identity, durationMs } = report;
  const steps = stepsOf(report);
  const failed = steps.find((step) => step.step === verdict.failedStep) ?? steps.find(isBad);
  const parts: string[] = [];
  if (verdict.outcome === 'planned') {
    parts.push(`${tally(steps, 'would run', 'would be left out')}.`);
  } else if (steps.length > 0 && verdict.outcome !== 'refused') {
    parts.push(`${tally(steps, 'done', 'left out')} in ${formatDuration(durationMs)}.`);
  }
  if (failed !== undefined && !verdict.green) {
    const how = failed.status === 'failed' ? 'failed' : 'is unknown';
    parts.push(`Step “${failed.title}” ${how}.`);
  }
  if (verdict.fault !== undefined) parts.push(sentence(verdict.fault.message));
  if (!verdict.said) {
    parts.push(
      `The journal ends at ${report.endedAt} without a verdict: the run was killed, or it is still going on.`,
    );
  }
  if (verdict.outcome === 'already-there') {
    parts.push(
      'Everything is at the version it was to go back to; going further back needs an explicit `to`.',
    );
  }
  if (report.recovery.met === false && verdict.outcome === 'rolled-back') {
    const within = formatDuration(report.recovery.withinMs ?? 0);
    parts.push(`That is longer than the ${within} that ${identity.severity ?? 'the severity'} allows.`);
  }
  return parts.join(' ') || `The run ended ${outcomeWords[verdict.outcome].label}.`;
}

/** `4 of 5 steps done, 1 left out`; left out are those that had nothing to do or whose condition said no. */
function tally(steps: readonly StepReport[], verb: string, leftOutVerb: string): string {
  const leftOut = steps.filter((step) => step.skipped !== undefined).length;
  const done = steps.filter(
    ({ status, skipped }) => skipped === undefined && (status === 'succeeded' || status === 'planned'),
  ).length;
  const wanted = steps.length - leftOut;
  const all = done === wanted ? count(wanted, 'step') : `${done} of ${count(wanted, 'step')}`;
  return `${all} ${verb}${leftOut === 0 ? '' : `, ${leftOut} ${leftOutVerb}`}`;
}

function isBad(step: StepReport): boolean {
  return step.status === 'failed' || step.status === 'unknown';
}

function backOf(report: Report): string {
  const { outcome } = report.verdict;
  const touched = report.changedAnything;
  const now = report.checks.filter((check) => check.now !== undefined);
  const failing = now.filter((check) => check.now?.state === 'fail');
  const blind = now.filter((check) => check.now?.state === 'inconclusive' || check.now?.state === 'error');
  if (outcome === 'planned' || outcome === 'ready') return 'No, this only looked.';
  if (failing.length > 0)
    return `No. ${count(failing.length, 'check fails', 'checks fail')}: ${names(failing)}.`;
  if (blind.length > 0) return `Not known. No usable answer from ${names(blind)}.`;
  if (outcome === 'refused' && !touched) return 'Unchanged: it is as it was before you pressed.';
  const passing = now.length > 0 ? `${now.length} of ${count(now.length, 'check')} passed` : undefined;
  if (outcome === 'halted' || outcome === 'interrupted' || outcome === 'failed') {
    return passing === undefined
      ? `Not known. Nothing was measured ${touched ? 'since the last change' : 'in this run'}.`
      : `Perhaps: ${passing}, but the rollback is not complete.`;
  }
  if (outcome === 'inconclusive') return 'Not known.';
  if (passing !== undefined) return `Yes: ${passing}.`;
  return 'Yes, as far as its components tell. The plan has no checks of what users see: add `verify`.';
}

function names(checks: readonly CheckReport[]): string {
  return checks.map(({ name }) => name).join(', ');
}

function nextOf(report: Report): readonly NextStep[] {
  const { verdict, identity } = report;
  const hint = verdict.fault === undefined ? [] : [fromHint(verdict.fault.hint)];
  switch (verdict.outcome) {
    case 'rolled-back':
      return [
        { text: 'Nothing urgent. Fill in impact and root cause in the incident record.' },
        { text: `Deploy a fix when there is one; don't deploy ${from(report)} again.` },
      ];
    case 'already-there':
      return [
        {
          text: 'Still broken? Then the cause is elsewhere, or it is older: name the version to go to.',
          command: pressAgain(report, ['--to', `${report.changes[0]?.component ?? 'component'}=VERSION`]),
        },
      ];
    case 'planned':
      return [
        {
          text: 'To do exactly this:',
          command: pressAgain(report, ['--digest', report.digest]),
        },
      ];
    case 'verified':
    case 'ready':
      return hint.length > 0 ? hint : [{ text: 'Nothing.' }];
    case 'refused':
      return hint;
    case 'halted':
      return [
        ...hint,
        { text: 'Then go on with this; what is already back stays untouched:', command: pressAgain(report) },
      ];
    case 'interrupted':
      return [
        ...hint,
        {
          text: 'Look at what is unknown, then run it again: what is already back stays untouched.',
          command: pressAgain(report),
        },
      ];
    case 'failed':
    case 'inconclusive':
      return [
        ...hint,
        ...(identity.mode === 'rollback'
          ? [{ text: 'When the cause is out of the way, measure and finish:', command: pressAgain(report) }]
          : []),
      ];
  }
}

function from(report: Report): string {
  const moved = report.changes.filter((change) => !change.alreadyThere);
  return moved.map((change) => `${change.component} ${change.from.id}`).join(', ') || 'it';
}

/**
 * The command that presses the same button again, on a laptop; the workflow takes the same names as inputs. Versions are
 * named where they are pinned, so that the second press can't mean something else than the first.
 */
function pressAgain(report: Report, extra: Flag = []): readonly string[] {
  const { identity, changes } = report;
  const { inputs } = identity;
  const pinned = changes.map(({ component, to }) => `${component}=${to.id}`).join(',');
  const flags: readonly Flag[] = [
    ['--plan', identity.plan.path === '.github/rollback.yml' ? undefined : identity.plan.path],
    ['--target', identity.target],
    ['--scenario', identity.scenario],
    ['--severity', identity.severity],
    ['--to', extra[0] === '--to' ? undefined : pinned],
    ['--incident', identity.incident],
    ['--reason', identity.reason],
    ['--override', identity.overrides.join(',')],
    [
      '--inputs',
      inputs === undefined || Object.keys(inputs).length === 0 ? undefined : JSON.stringify(inputs),
    ],
  ];
  const verb = shellQuote(isKnown(identity.mode) ? identity.mode : 'rollback');
  const given = [...flags, extra].flatMap(([flag, value]) =>
    flag === undefined || value === undefined || !isKnown(value)
      ? []
      : [`${flag} ${shellQuote(value.replaceAll(/\s+/g, ' '))}`],
  );
  return [`rollback-plan ${verb}`, ...given];
}

type Flag = readonly [flag: string, value: string | undefined] | readonly [];

/** A hint's first line says what to do; what follows it is kept line by line. */
function fromHint(hint: string): NextStep {
  const [first = '', ...listing] = hint.trimEnd().split('\n');
  return listing.length === 0 ? { text: sentence(first) } : { text: sentence(first), listing };
}

/** Ends like a sentence, so that several can stand in a row. */
function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?:)`]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
