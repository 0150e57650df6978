// Every gate there is, in the order people read them. A gate that is not in this list does not exist.

import { autoscaler } from './autoscaler.ts';
import { disruptionBudget } from './disruption-budget.ts';
import type { Gate } from './gate.ts';
import { inFlight } from './in-flight.ts';
import { owner } from './owner.ts';
import { paused } from './paused.ts';
import { permission } from './permission.ts';
import { quota } from './quota.ts';
import { tool } from './tool.ts';

export const gates: readonly Gate<unknown>[] = [
  permission,
  tool,
  owner,
  paused,
  inFlight,
  autoscaler,
  disruptionBudget,
  quota,
];
