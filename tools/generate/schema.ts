// Writes `schemas/rollback-plan.v1.json`; with `--check`, fails if it is out of date.

import { registeredKinds } from '../../src/plan/registered-kinds.ts';
import { planJsonSchema } from './plan-schema.ts';
import { writeOrCheck } from './write-or-check.ts';

await writeOrCheck(
  {
    path: 'schemas/rollback-plan.v1.json',
    content: `${JSON.stringify(planJsonSchema(registeredKinds), undefined, 2)}\n`,
    command: 'npm run generate',
  },
  process.argv.slice(2),
);
