// Writes `docs/plan-reference.md`; with `--check`, fails if it is out of date.

import { registeredKinds } from '../../src/plan/registered-kinds.ts';
import { planReferencePage } from './plan-reference-page.ts';
import { writeOrCheck } from './write-or-check.ts';

await writeOrCheck(
  {
    path: 'docs/plan-reference.md',
    content: planReferencePage(registeredKinds),
    command: 'npm run generate',
  },
  process.argv.slice(2),
);
