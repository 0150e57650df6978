// The gate `hook`: what runs besides the rollback itself, and what an earlier deployment's migrations leave behind.

import { type Gate, type GateFinding, hazardsFor } from './gate.ts';

export const hook: Gate<readonly GateFinding[]> = {
  name: 'hook',
  summary: 'Hooks that the rollback runs, and migrations that it leaves as they are, are known by name.',
  collect: async ({ pins }) => hazardsFor('hook', pins),
  judge: (told) => told,
};
