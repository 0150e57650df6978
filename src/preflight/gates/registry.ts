// Every gate there is, in the order people read them. A gate that is not in this list does not exist.

import { autoscaler } from './autoscaler.ts';
import { backup } from './backup.ts';
import { customResource } from './custom-resource.ts';
import { disruptionBudget } from './disruption-budget.ts';
import type { Gate } from './gate.ts';
import { hook } from './hook.ts';
import { image } from './image.ts';
import { inFlight } from './in-flight.ts';
import { owner } from './owner.ts';
import { paused } from './paused.ts';
import { permission } from './permission.ts';
import { pointOfNoReturn } from './point-of-no-return.ts';
import { quota } from './quota.ts';
import { removedApi } from './removed-api.ts';
import { rotatedSecret } from './rotated-secret.ts';
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
  image,
  rotatedSecret,
  hook,
  customResource,
  removedApi,
  backup,
  pointOfNoReturn,
];
