// The gate `rotated-secret`: a credential that somebody rotated must not be overwritten by an older one. The kinds know
// the manifests and tell; values never leave them.

import { type Gate, type GateFinding, hazardsFor } from './gate.ts';

export const rotatedSecret: Gate<readonly GateFinding[]> = {
  name: 'rotated-secret',
  summary: 'No Secret that was changed since its deployment is put back to an older value.',
  override: 'rotated-secrets',
  collect: async ({ pins }) => hazardsFor('rotated-secret', pins),
  judge: (told) => told,
};
