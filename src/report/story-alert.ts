// The story of an alert that called from outside: the button's, except where there was nothing to do about it.

import type { Report } from './model.ts';
import { type Story, serviceOf } from './story-parts.ts';
import { rollbackStory } from './story-rollback.ts';

export function alertStory(report: Report): Story {
  const story = { ...rollbackStory(report), reasonLabel: 'What was said.' };
  if (report.verdict.outcome !== 'already-there' || report.changes.length > 0) return story;
  const notes = report.notes.map(({ text }) => text).join('. ');
  return {
    ...story,
    headline: `Nothing to do for ${serviceOf(report)}: no alert is new`,
    question: 'Was anything changed?',
    shortQuestion: 'Changed anything?',
    back: 'No.',
    happened: notes === '' ? 'No alert that fires is new.' : `${notes}.`,
    next: [{ text: 'Nothing.' }],
  };
}
