// What a tired person needs first: what happened, is the service back, what to do now. One story per run; summary,
// incident record and terminal dress the same sentences.

import type { Report } from './model.ts';
import { isPreflight } from './readiness.ts';
import { isHeartbeat } from './run-kind.ts';
import { alertStory } from './story-alert.ts';
import { drillStory } from './story-drill.ts';
import { heartbeatStory } from './story-heartbeat.ts';
import type { Story } from './story-parts.ts';
import { preflightStory } from './story-preflight.ts';
import { rollbackStory } from './story-rollback.ts';
import { verifyStory } from './story-verify.ts';

export type { NextStep, Story } from './story-parts.ts';

export function storyOf(report: Report): Story {
  if (isPreflight(report)) return preflightStory(report);
  if (isHeartbeat(report)) return heartbeatStory(report);
  if (report.identity.mode === 'drill') return drillStory(report);
  if (report.identity.mode === 'alert') return alertStory(report);
  return report.identity.mode === 'verify' && !report.identity.dryRun
    ? verifyStory(report)
    : rollbackStory(report);
}
