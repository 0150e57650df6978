// The story of a button that was pressed: rolled back, refused, stopped half-way, or lost.

import type { Report } from './model.ts';
import { stepsOf } from './model.ts';
import { runAgain } from './press-again.ts';
import { isLost } from './run-kind.ts';
import type { NextStep, Story } from './story-parts.ts';
import {
  backText,
  brokenSteps,
  foundText,
  goOn,
  half,
  hintOf,
  journalEnds,
  sentence,
  serviceOf,
  tally,
} from './story-parts.ts';
import { destinationText, formatDuration, outcomeWords, verdictWords } from './wording.ts';

export function rollbackStory(report: Report): Story {
  const { dryRun } = report.identity;
  return {
    tone: verdictWords(report.verdict).tone,
    headline: isLost(report) ? lostHeadline(report) : headlineOf(report),
    question: dryRun ? 'Was anything changed?' : 'Is the service back?',
    shortQuestion: dryRun ? 'Changed anything?' : 'Is it back?',
    back: answerOf(report),
    happened: happenedOf(report),
    reasonLabel: 'Why it was pressed.',
    next: nextOf(report),
  };
}

function lostHeadline(report: Report): string {
  return `Lost: nobody can tell what was done to ${serviceOf(report)}`;
}

function headlineOf(report: Report): string {
  const service = serviceOf(report);
  const to = destinationText(report.changes);
  const onTo = to === '' ? '' : ` on ${to}`;
  switch (report.verdict.outcome) {
    case 'rolled-back':
      return `${service} is back${onTo}`;
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

function answerOf(report: Report): string {
  const { outcome } = report.verdict;
  if (outcome === 'planned' || outcome === 'ready') return 'No, this only looked.';
  if (isLost(report) && report.checks.length === 0) return 'Not known. Nothing was measured.';
  return backText(report);
}

function happenedOf(report: Report): string {
  const { verdict, identity, durationMs } = report;
  const steps = stepsOf(report);
  const parts: string[] = [];
  if (verdict.outcome === 'planned') {
    parts.push(`${tally(steps, 'would run', 'would be left out')}.`);
  } else if (steps.length > 0 && verdict.outcome !== 'refused') {
    parts.push(`${tally(steps, 'done', 'left out')} in ${formatDuration(durationMs)}.`);
  }
  if (!verdict.green) parts.push(...brokenSteps(report));
  if (verdict.fault !== undefined) parts.push(sentence(verdict.fault.message));
  if (isLost(report)) parts.push("What it started, and whether it ended, can't be told.");
  const ends = journalEnds(report);
  if (ends !== undefined) parts.push(ends);
  const found = foundText(report);
  if (found !== '') parts.push(found);
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

function nextOf(report: Report): readonly NextStep[] {
  const { verdict } = report;
  const hint = hintOf(report);
  switch (verdict.outcome) {
    case 'rolled-back':
      return [
        ...hint,
        {
          text: `${hint.length > 0 ? 'Then fill' : 'Nothing urgent. Fill'} in impact and root cause in the incident record.`,
        },
        { text: `Deploy a fix when there is one; don't deploy ${from(report)} again.` },
      ];
    case 'already-there':
      return [
        ...hint,
        {
          text: 'Still broken? Then the cause is elsewhere, or it is older: name the version to go to.',
          command: runAgain(report, [['--to', `${report.changes[0]?.component ?? 'component'}=VERSION`]]),
        },
      ];
    case 'planned':
      return [{ text: 'To do exactly this:', command: runAgain(report, [['--digest', report.digest]]) }];
    case 'verified':
    case 'ready':
      return hint.length > 0 ? hint : [{ text: 'Nothing.' }];
    case 'refused':
      return hint;
    case 'halted':
      return goOn(report, 'Then go on with this; what is already back stays untouched:', runAgain(report));
    case 'interrupted':
      return goOn(report, afterwards(report), runAgain(report));
    case 'failed':
    case 'inconclusive':
      return [
        ...hint,
        { text: 'When the cause is out of the way, measure and finish:', command: runAgain(report) },
      ];
  }
}

function afterwards(report: Report): string {
  if (isLost(report)) return "If what is there isn't where it should be, press the button:";
  return report.found.length > 0
    ? 'Compare what is there now with where it was to go, then run it again: what is already back stays untouched.'
    : 'Look at what is unknown, then run it again: what is already back stays untouched.';
}

/** What was bad: the versions that the run went away from. */
export function from(report: Report): string {
  const moved = report.changes.filter((change) => !change.alreadyThere);
  return moved.map((change) => `${change.component} ${change.from.id}`).join(', ') || 'it';
}
