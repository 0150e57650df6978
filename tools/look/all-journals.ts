// Every sample journal by name: of pressed runs, watched deploys, drills, and what was looked at afterwards.

import { foundAfterwards, lost, notAllowedToAsk, pullRequested } from './afterwards-journals.ts';
import { drillBrokenOff, drillNotNoticed, drillPassed } from './drill-journals.ts';
import { heartbeatBad, heartbeatFollowUps, heartbeatIdle, heartbeatWell } from './heartbeat-journals.ts';
import { preflightOpen, preflightReady, preflightRefused } from './preflight-journals.ts';
import { journals } from './sample-journals.ts';
import {
  blind,
  brokenOffRollback,
  quiet,
  refusedRollback,
  rolledBackDeploy,
  soakedRollback,
} from './watch-journals.ts';

export const allJournals = {
  ...journals,
  'verify-quiet': quiet,
  'verify-rolled-back': rolledBackDeploy,
  'verify-soaked': soakedRollback,
  'verify-refused': refusedRollback,
  'verify-broken-off': brokenOffRollback,
  'verify-blind': blind,
  'preflight-ready': preflightReady,
  'preflight-open': preflightOpen,
  'preflight-refused': preflightRefused,
  'drill-passed': drillPassed,
  'drill-not-noticed': drillNotNoticed,
  'drill-broken-off': drillBrokenOff,
  'heartbeat-idle': heartbeatIdle,
  'heartbeat-well': heartbeatWell,
  'heartbeat-bad': heartbeatBad,
  'heartbeat-follow-ups': heartbeatFollowUps,
  found: foundAfterwards,
  lost,
  'pull-request': pullRequested,
  'no-pull-request': notAllowedToAsk,
} as const;
