// The gate `custom-resource`: definitions that a rollback deletes take every object of their kind with them.

import { type Gate, type GateFinding, hazardsFor } from './gate.ts';

export const customResource: Gate<readonly GateFinding[]> = {
  name: 'custom-resource',
  summary: 'No custom resource definition is deleted while there are objects of its kind.',
  override: 'delete-custom-resources',
  collect: async ({ pins }) => hazardsFor('custom-resource', pins),
  judge: (told) => told,
};
