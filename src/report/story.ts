// What a tired person needs first: what happened, is the service back, what to do now. One story per run; summary,
// incident record and terminal dress the same sentences.

import type { Report } from './model.ts';
import { drillStory } from './story-drill.ts';
import type { Story } from './story-parts.ts';
import { rollbackStory } from './story-rollback.ts';
import { verifyStory } from './story-verify.ts';

export type { NextStep, Story } from './story-parts.ts';

export function storyOf(report: Report): Story {
  if (report.identity.mode === 'drill') return drillStory(report);
  return report.identity.mode === 'verify' && !report.identity.dryRun
    ? verifyStory(report)
    : rollbackStory(report);
}
