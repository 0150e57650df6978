// The story of a deploy that was watched: good, bad and rolled back, bad and still there, or nobody can tell.

import { shellQuote } from '../values/shell-quote.ts';
import type { Report, Tone } from './model.ts';
import { stepsOf } from './model.ts';
import { pressButton, runAgain } from './press-again.ts';
import type { NextStep, Story } from './story-parts.ts';
import {
  backText,
  badlySeen,
  brokenSteps,
  foundText,
  goOn,
  half,
  hintOf,
  journalEnds,
  passedText,
  seenBy,
  sentence,
  serviceOf,
  tally,
} from './story-parts.ts';
import { from } from './story-rollback.ts';
import {
  count,
  destinationText,
  formatDuration,
  severityOf,
  shorten,
  someOf,
  verdictWords,
  versionsText,
} from './wording.ts';

/** Reasons that are told in a sentence; the table of the watch has them all. */
const toldReasons = 3;
const toldCharacters = 400;

export function verifyStory(report: Report): Story {
  const bad = isBad(report);
  return {
    tone: toneOf(report),
    headline: bad ? badHeadline(report) : headlineOf(report),
    question: bad ? 'Is the service back?' : 'Is the deploy good?',
    shortQuestion: bad ? 'Is it back?' : 'Is it good?',
    back: bad ? badAnswer(report) : answerOf(report),
    happened: happenedOf(report),
    reasonLabel: 'Reason given.',
    next: bad ? badNext(report) : nextOf(report),
  };
}

/** Whether somebody called the deploy bad: the watch, or the verdict where the watch itself is not in the journal. */
function isBad({ watch, verdict }: Report): boolean {
  return (
    watch?.result?.state === 'bad' ||
    verdict.fault?.code === 'deploy-rolled-back' ||
    verdict.outcome === 'rolled-back'
  );
}

function toneOf(report: Report): Tone {
  const { tone } = verdictWords(report.verdict);
  // A bad deploy is never a success, whatever its verdict is said to be.
  return isBad(report) && tone === 'good' ? 'bad' : tone;
}

function headlineOf(report: Report): string {
  const service = serviceOf(report);
  const { watch, verdict } = report;
  const result = watch?.result;
  switch (verdict.outcome) {
    case 'verified':
      return `Verified: ${service} stayed healthy${result === undefined ? '' : ` for ${formatDuration(result.durationMs)}`}`;
    case 'refused':
      return `Refused: the deploy of ${service} was not watched`;
    case 'interrupted':
      return `Interrupted: nobody watched the deploy of ${service} to the end`;
    default:
      return report.changedAnything
        ? `Nobody can tell whether ${service} is healthy`
        : `Nobody can tell whether the deploy of ${service} is good: nothing was rolled back`;
  }
}

/** First that the deploy was bad and why, then what became of it, then what users see. */
function badHeadline(report: Report): string {
  const to = shorten(destinationText(report.changes), 60);
  const [why] = report.watch?.result?.because ?? [];
  const because = why === undefined ? '' : ` (${shorten(why, 100)})`;
  return `The deploy of ${serviceOf(report)} was bad${because}${became(report, to === '' ? '' : ` to ${to}`)}`;
}

function became(report: Report, onTo: string): string {
  switch (report.verdict.outcome) {
    case 'rolled-back':
      return ` and was rolled back${onTo}: ${usersNow(report)}`;
    case 'already-there':
      return `, and there was nothing to roll back${onTo}: ${usersNow(report)}`;
    case 'refused':
      return report.changedAnything
        ? '. Its rollback was refused'
        : '. Its rollback was refused: it is still live';
    case 'halted':
      return `. Its rollback halted: ${serviceOf(report)} is ${half(report)}`;
    case 'interrupted':
      return `. Its rollback was interrupted: ${serviceOf(report)} is ${half(report)}`;
    case 'failed':
      return report.changedAnything
        ? ` and was taken back${onTo}, but its checks still fail`
        : ' and is still live';
    default:
      return report.changedAnything
        ? ` and was taken back${onTo}, but nobody can tell yet whether it is healthy`
        : '. It was not rolled back';
  }
}

function usersNow(report: Report): string {
  const seen = seenBy(report);
  if (seen.failing.length > 0) return 'users still see errors';
  if (seen.blind.length > 0) return 'nobody can tell what users see';
  return seen.measured > 0 ? 'users are served again' : 'nobody measured what users see';
}

function badAnswer(report: Report): string {
  const seen = badlySeen(seenBy(report));
  if (report.changedAnything || report.verdict.outcome === 'rolled-back') return backText(report);
  return `${seen ?? 'No.'} The bad deploy is still live, nothing was changed.`;
}

function answerOf(report: Report): string {
  const seen = seenBy(report);
  const unchanged = report.changedAnything ? '' : ' Nothing was changed.';
  if (report.verdict.outcome === 'verified') {
    // The watch was quiet all the same, so the plan's weights bear it.
    const borne = [...seen.failing, ...seen.blind];
    if (borne.length > 0) {
      const passed = `${seen.measured - borne.length} of ${count(seen.measured, 'check')} passed`;
      return `Yes, as the plan weighs it: ${passed}, and not ${namesOf(borne)}.`;
    }
    return seen.measured > 0 ? `Yes: ${passedText(seen)}.` : 'Yes: nothing that was watched was bad.';
  }
  if (seen.failing.length > 0 && report.watch?.result?.state !== 'blind')
    return `${badlySeen(seen)}${unchanged}`;
  const parts = [
    'Not known.',
    // Else the deploy would be bad: it failed before the deploy, or the weights bear it.
    seen.failing.length > 0 ? `What fails does not blame the deploy: ${namesOf(seen.failing)}.` : '',
    seen.blind.length > 0 ? `No usable answer from ${namesOf(seen.blind)}.` : '',
  ];
  return `${parts.filter((part) => part !== '').join(' ')}${unchanged}`;
}

function namesOf(checks: readonly { readonly name: string }[]): string {
  return someOf(
    checks.map(({ name }) => name),
    20,
    ', ',
  );
}

function happenedOf(report: Report): string {
  const { verdict, recovery } = report;
  const steps = stepsOf(report);
  const parts = [watchText(report), snapshotText(report)];
  if (isBad(report) && steps.length > 0 && verdict.outcome !== 'refused') {
    parts.push(`Rollback: ${tally(steps, 'done', 'left out')} in ${formatDuration(recovery.countedMs)}.`);
  }
  if (verdict.outcome !== 'rolled-back') parts.push(...brokenSteps(report));
  if (verdict.fault !== undefined && !saidByWatch(report)) {
    const refused = isBad(report) && verdict.outcome === 'refused' ? 'Rollback refused: ' : '';
    parts.push(`${refused}${sentence(faultText(report, verdict.fault.message))}`);
  }
  if (isBad(report) && verdict.green)
    parts.push('The run is green because `fail-on-rollback` is false; the deploy is not good.');
  if (recovery.met === false && verdict.outcome === 'rolled-back') {
    parts.push(
      `That is longer than the ${formatDuration(recovery.withinMs ?? 0)} that ${severityOf(report) ?? 'the severity'} allows.`,
    );
  }
  parts.push(journalEnds(report), foundText(report));
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

/** What went wrong with the rollback, without why it was needed: that stands in the sentence before. */
function faultText({ watch }: Report, message: string): string {
  const again = `the deploy is bad (${(watch?.result?.because ?? []).join('; ')}); `;
  return message.startsWith(again) ? message.slice(again.length) : message;
}

/** Whether the fault only says again why the watch ended as it did. */
function saidByWatch({ watch, verdict }: Report): boolean {
  const { state, because = [] } = watch?.result ?? {};
  if (because.length === 0) return false;
  return (
    (state === 'bad' && verdict.fault?.code === 'deploy-rolled-back') ||
    (state === 'blind' && verdict.fault?.code === 'check-inconclusive')
  );
}

function watchText({ watch }: Report): string | undefined {
  if (watch === undefined) return undefined;
  const { result } = watch;
  if (result === undefined) {
    return `It was to be watched for ${formatDuration(watch.windowMs)}; how that ended is not in the journal.`;
  }
  const looked = `${formatDuration(result.durationMs)}, ${count(result.looks, 'look')}`;
  const why = someOf(
    result.because.map((one) => shorten(one, toldCharacters)),
    toldReasons,
    '; ',
  );
  switch (result.state) {
    case 'quiet':
      return `Watched for ${looked}: nothing bad.`;
    case 'bad':
      return `Bad after ${looked}${why === '' ? '.' : `: ${sentence(why)}`}`;
    case 'blind':
      return `Watched for ${looked}, and nobody can tell${why === '' ? '.' : `: ${sentence(why)}`}`;
    case 'stopped':
      return `The watch was stopped after ${looked}${why === '' ? '.' : `: ${sentence(why)}`}`;
  }
}

function snapshotText({ snapshot, verdict }: Report): string | undefined {
  if (snapshot !== undefined) {
    const versions = versionsText(snapshot.versions);
    return snapshot.fresh
      ? `Snapshot ${snapshot.id} noted: ${versions}.`
      : `Snapshot ${snapshot.id} says the same already: ${versions}.`;
  }
  return verdict.outcome === 'verified'
    ? 'No snapshot was noted: `last-good` does not know these versions.'
    : undefined;
}

function nextOf(report: Report): readonly NextStep[] {
  const { verdict, snapshot } = report;
  const hint = hintOf(report);
  if (verdict.outcome === 'verified') {
    const ledger: NextStep = { text: 'Nothing.' };
    return snapshot === undefined || snapshot.where === ''
      ? [...hint, ...(hint.length > 0 ? [] : [ledger])]
      : [
          ...hint,
          {
            text: `${hint.length > 0 ? '' : 'Nothing. '}To read the ledger that \`last-good\` goes by:`,
            command: [snapshot.where],
          },
        ];
  }
  const again: NextStep = {
    text: 'When that is out of the way, watch the deploy again:',
    command: runAgain(report),
  };
  if (verdict.outcome === 'refused') return [...hint, again];
  return [
    ...hint,
    {
      text: 'Look yourself whether users are served. If they are not, press the button:',
      command: pressButton(report, 'the deploy could not be verified'),
    },
    { text: 'If they are, watch the deploy again:', command: runAgain(report) },
  ];
}

/** One command and not two that differ: that of the hint knows where to go, and goes on with the incident like ours. */
function pressedByHint(hint: readonly NextStep[], { identity }: Report): readonly NextStep[] | undefined {
  if (hint.every(({ command }) => command === undefined)) return undefined;
  const incident = `--incident ${shellQuote(identity.incident)}`;
  return hint.map((step) =>
    step.command === undefined ? step : { ...step, command: [...step.command, incident] },
  );
}

function badNext(report: Report): readonly NextStep[] {
  const { verdict, watch } = report;
  const hint = hintOf(report);
  const reason = `bad deploy: ${shorten(watch?.result?.because[0] ?? 'the watch after it failed', 150)}`;
  const command = pressButton(report, reason);
  const told = pressedByHint(hint, report);
  switch (verdict.outcome) {
    case 'rolled-back':
    case 'already-there':
      return [
        ...hint,
        {
          text: `Don't deploy ${from(report)} again before it is fixed. Fill in impact and root cause in the incident record.`,
        },
        { text: 'Bad again? Press the button; it goes on with this incident:', command },
      ];
    case 'refused':
      return (
        told ?? [...hint, { text: 'Then press the button; nothing else takes the bad deploy back:', command }]
      );
    case 'halted':
      return goOn(report, 'Then press the button; what is already back stays untouched:', command);
    case 'interrupted':
      return goOn(
        report,
        'Look at what is unknown, then press the button: what is already back stays untouched.',
        command,
      );
    default:
      return told ?? [...hint, { text: 'When the cause is out of the way, press the button:', command }];
  }
}
