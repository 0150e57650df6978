// The story of a preflight: would a rollback work now, and what to mend if not. Nothing was changed, so nothing is back.

import type { Report } from './model.ts';
import { pressButton, runAgain } from './press-again.ts';
import { readinessOf, scoreText } from './readiness.ts';
import type { NextStep, Story } from './story-parts.ts';
import { brokenSteps, hintOf, journalEnds, sentence, serviceOf } from './story-parts.ts';

export function preflightStory(report: Report): Story {
  const readiness = readinessOf(report) ?? { ready: false, asked: 0, passed: 0 };
  const { verdict, gates } = report;
  const open = !readiness.ready && verdict.green;
  const unknown = gates.filter(({ state }) => state === 'unknown').length;
  const overridden = gates.filter(({ state }) => state === 'refuse').length;
  const because =
    unknown > 0
      ? 'not everything could be told'
      : overridden > 0
        ? 'what refuses is overridden'
        : 'nobody asked';
  return {
    tone: readiness.ready ? 'good' : open ? 'warning' : 'bad',
    headline: readiness.ready
      ? `Ready: a rollback of ${serviceOf(report)} would work now`
      : open
        ? `A rollback of ${serviceOf(report)} may work: ${because}`
        : verdict.outcome === 'interrupted'
          ? `Interrupted: nobody knows whether a rollback of ${serviceOf(report)} would work`
          : `Not ready: a rollback of ${serviceOf(report)} would not work now`,
    question: 'Would a rollback work now?',
    shortQuestion: 'Ready?',
    back: `${readiness.ready ? 'Yes' : open ? `Perhaps, ${because}` : verdict.outcome === 'interrupted' ? 'Not known' : 'No'}: ${scoreText(readiness)}. Nothing was changed.`,
    happened: [
      ...(verdict.green ? [] : brokenSteps(report)),
      verdict.fault === undefined
        ? 'Versions were pinned, every command was prepared, and every gate was asked.'
        : sentence(verdict.fault.message),
      journalEnds(report),
    ]
      .filter((part) => part !== undefined)
      .join(' '),
    reasonLabel: 'Reason given.',
    next: nextOf(report, readiness.ready, open),
  };
}

function nextOf(report: Report, ready: boolean, open: boolean): readonly NextStep[] {
  if (ready) return [{ text: 'Nothing. When it is needed:', command: pressButton(report, 'what users see') }];
  const again: NextStep = { text: 'Then ask again:', command: runAgain(report) };
  if (!open) return [...hintOf(report), again];
  return [{ text: 'Look at what the gates could not tell, in the table.' }, again];
}
