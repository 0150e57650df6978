// The kinds this version ships, as the plan needs to know them.

import { checkKinds } from '../checks/registry.ts';
import { componentKinds } from '../components/registry.ts';
import { stepKinds } from '../steps/registry.ts';
import type { PlanKinds } from './kinds.ts';

export const registeredKinds: PlanKinds = {
  components: componentKinds,
  steps: stepKinds,
  checks: checkKinds,
};
