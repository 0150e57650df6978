// The story of a heartbeat: what was due, and what was seen. It changed nothing.

import type { GateReport, Report } from './model.ts';
import { pressButton } from './press-again.ts';
import type { NextStep, Story } from './story-parts.ts';
import { badlySeen, hintOf, journalEnds, passedText, seenBy, sentence, serviceOf } from './story-parts.ts';
import { count, someOf, verdictWords } from './wording.ts';

export function heartbeatStory(report: Report): Story {
  const { verdict, rechecks, gates } = report;
  const warned = verdict.green && gates.some(isOverdue);
  const bad = badlySeen(seenBy(report));
  return {
    tone: warned ? 'warning' : verdictWords(verdict).tone,
    headline: headlineOf(report, warned),
    question: 'Is the service still well?',
    shortQuestion: 'Still well?',
    back:
      rechecks.length === 0 ? 'Not looked at in this run.' : (bad ?? `Yes: ${passedText(seenBy(report))}.`),
    happened: [
      rechecks.length === 0
        ? 'Nothing was looked at.'
        : `Looked at again after ${count(rechecks.length, 'rollback')}: ${incidents(report)}.`,
      warned ? sentence(overdueText(report)) : undefined,
      verdict.fault === undefined || rechecks.length > 0 ? undefined : sentence(verdict.fault.message),
      'Nothing was changed: a heartbeat never rolls back.',
      journalEnds(report),
    ]
      .filter((part) => part !== undefined)
      .join(' '),
    reasonLabel: 'Reason given.',
    next: nextOf(report, warned),
  };
}

function headlineOf(report: Report, warned: boolean): string {
  const service = serviceOf(report);
  const { verdict, rechecks } = report;
  const after = `after the rollback of ${incidents(report)}`;
  switch (verdict.outcome) {
    case 'verified':
      if (warned)
        return `${overdueHeadline(report)}${rechecks.length === 0 ? '' : `; it is still well ${after}`}`;
      return rechecks.length === 0 ? `Nothing is due for ${service}` : `${service} is still well ${after}`;
    case 'failed':
      return ['drill-overdue', 'follow-up-overdue'].includes(verdict.fault?.code ?? '')
        ? overdueHeadline(report)
        : `${service} is not well ${after}`;
    case 'inconclusive':
      return `Nobody can tell whether ${service} is well ${after}`;
    case 'interrupted':
      return `Interrupted: what is due for ${service} stays due`;
    default:
      return `Refused: nobody looked at what is due for ${service}`;
  }
}

function incidents({ rechecks }: Report): string {
  return someOf(
    rechecks.map(({ incident }) => incident),
    3,
    ', ',
  );
}

function isOverdue({ name, state }: GateReport): boolean {
  return (name === 'drill' || name === 'follow-up') && state !== 'pass';
}

/** `A drill and 2 follow-ups of shop are overdue`. */
function overdueHeadline(report: Report): string {
  const overdue = report.gates.filter(isOverdue);
  const tasks = overdue.filter(({ name }) => name === 'follow-up').length;
  const drills = overdue.length - tasks;
  const parts = [
    ...(drills === 0 ? [] : ['a drill']),
    ...(tasks === 0 ? [] : [tasks === 1 ? 'a follow-up' : `${tasks} follow-ups`]),
  ].join(' and ');
  const verb = overdue.length === 1 ? 'is' : 'are';
  return `${parts.charAt(0).toUpperCase()}${parts.slice(1)} of ${serviceOf(report)} ${verb} overdue`;
}

function overdueText({ gates }: Report): string {
  return someOf(
    gates.filter(isOverdue).map(({ detail }) => detail),
    5,
    '; ',
  );
}

function nextOf(report: Report, warned: boolean): readonly NextStep[] {
  const { verdict } = report;
  if (verdict.outcome === 'failed' && verdict.fault?.code === 'check-failed') {
    const why = `not well after the rollback of ${incidents(report)}`;
    return [
      ...hintOf(report),
      { text: 'If users suffer, press the button:', command: pressButton(report, why) },
    ];
  }
  if (verdict.fault !== undefined) return hintOf(report);
  const advice = [...new Set(report.gates.filter(isOverdue).flatMap(({ hint }) => hint ?? []))];
  return warned ? advice.slice(0, 5).map((text) => ({ text })) : [{ text: 'Nothing.' }];
}
