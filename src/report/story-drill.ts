// The story of a drill. Its first word is DRILL, so that nobody takes it for an incident.

import { failedPart, meaningText, partText } from './drill-parts.ts';
import type { Report } from './model.ts';
import { stepsOf } from './model.ts';
import { pressButton, runAgain } from './press-again.ts';
import type { NextStep, Story } from './story-parts.ts';
import {
  badlySeen,
  brokenSteps,
  foundText,
  hintOf,
  journalEnds,
  passedText,
  seenBy,
  sentence,
  serviceOf,
  tally,
} from './story-parts.ts';
import { rollbackStory } from './story-rollback.ts';
import { formatDuration, measureWords, shorten, someOf, verdictWords } from './wording.ts';

export function drillStory(report: Report): Story {
  if (report.identity.dryRun) {
    const story = rollbackStory(report);
    return { ...story, headline: `DRILL, only planned. ${story.headline}` };
  }
  const part = failedPart(report);
  const { outcome, green } = report.verdict;
  const began = report.changedAnything;
  // Green and over a limit is no success to be proud of.
  const slow = green && part !== 'passed';
  return {
    tone: slow ? 'warning' : verdictWords(report.verdict).tone,
    headline: headlineOf(report),
    question: 'Did the drill pass?',
    shortQuestion: 'Passed?',
    back:
      outcome === 'refused' || (!green && !began)
        ? 'No: it never began. Nothing was changed.'
        : `${green ? 'Yes' : 'No'}: ${partText(report, part)}.`,
    happened: happenedOf(report),
    meaning: meaningText(part),
    reasonLabel: 'Reason given.',
    next: nextOf(report),
  };
}

function headlineOf(report: Report): string {
  const { verdict, identity, measures } = report;
  const what = `${serviceOf(report)} in ${shorten(identity.target, 60)}`;
  const part = failedPart(report);
  const times = measures.map(
    ({ name, durationMs }) => `${measureWords[name]} after ${formatDuration(durationMs)}`,
  );
  if (verdict.green) {
    return `DRILL passed for ${what}${times.length === 0 ? '' : `: ${someOf(times, 3, ', ')}`}`;
  }
  switch (verdict.outcome) {
    case 'refused':
      return `DRILL refused for ${what}: ${report.changedAnything ? partText(report, part) : 'nothing was changed'}`;
    case 'interrupted':
      return `DRILL interrupted for ${what}: ${report.changedAnything ? 'the known-bad version may still be live' : 'nothing was changed'}`;
    default:
      return `DRILL failed for ${what}: ${partText(report, part)}`;
  }
}

function happenedOf(report: Report): string {
  const { verdict, watch } = report;
  const steps = stepsOf(report);
  const seen = seenBy(report);
  const parts = [
    steps.length === 0
      ? undefined
      : `${tally(steps, 'done', 'left out')} in ${formatDuration(report.durationMs)}.`,
    watch?.result?.state === 'bad' && watch.result.because[0] !== undefined
      ? `Noticed by: ${sentence(shorten(watch.result.because[0], 400))}`
      : undefined,
    ...(verdict.green ? [] : brokenSteps(report)),
    verdict.fault === undefined ? undefined : sentence(verdict.fault.message),
    report.changedAnything && seen.measured > 0
      ? `Users in the drill's target now: ${badlySeen(seen) ?? `${passedText(seen)}.`}`
      : undefined,
    journalEnds(report),
    foundText(report),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' ') || 'Nothing was started.';
}

function nextOf(report: Report): readonly NextStep[] {
  const { verdict, compared, identity } = report;
  const hint = hintOf(report);
  const again: NextStep = { text: 'Then rehearse again:', command: runAgain(report) };
  const asBefore = compared.length > 0 && compared.every(({ same }) => same);
  if (verdict.green) {
    return [...hint, { text: 'Nothing urgent. Write down in the record what was learnt.' }];
  }
  if (!report.changedAnything) return [...hint, again];
  if (asBefore) return [...hint, again];
  return [
    ...hint,
    {
      text: `${shorten(identity.target, 60)} is not known to be as it was before. Take its components back to where they were:`,
      command: pressButton(report, `put back after drill ${identity.incident}`),
    },
    again,
  ];
}
