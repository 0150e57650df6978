// For whoever only looks: the plan's secrets are not needed, and those that are there are redacted all the same.

import type { LoadPorts } from '../target/load-run.ts';
import type { Site, World } from '../world.ts';

export function withoutSecrets(world: World): LoadPorts<Site> {
  return {
    ...world,
    declareSecrets(names) {
      for (const name of names) {
        try {
          world.declareSecrets([name]);
        } catch {
          // Not handed to this job, so it can't get into what this job writes either.
        }
      }
    },
  };
}
