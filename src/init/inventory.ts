// What `init` found: the material of a plan, wherever it was read.

import type { WorkloadReference } from '../values/workload-reference.ts';

/** A workload that a check can measure. */
export type Measurable = {
  readonly reference: WorkloadReference;
  /** Whether it is meant to have pods now; a check that expects some would never pass where there are none. */
  readonly pods: 'some' | 'none';
};

/** A version that was put out once and did not stay: what a drill can put out again. */
export type KnownBad = {
  readonly release: string;
  readonly revision: number;
  readonly because: 'failed' | 'rolled back from';
  /** When it was put out, RFC 3339 UTC. */
  readonly at: string | undefined;
};

export type FoundRelease = {
  readonly release: string;
  /** Folder of its chart below the repository, with `/`, where it was found there. */
  readonly chartFolder: string | undefined;
  readonly workloads: readonly Measurable[];
  /** Workloads that the newest revision brought: after a rollback they are gone again, so no check may want them yet. */
  readonly newWorkloads: readonly WorkloadReference[];
  readonly knownBad: KnownBad | undefined;
};

export type Source =
  | { readonly type: 'cluster'; readonly context: string | undefined; readonly namespace: string }
  | {
      readonly type: 'charts';
      readonly folder: string;
      readonly context: string | undefined;
      readonly namespace: string | undefined;
      /** Why no cluster was read. */
      readonly because: string;
    };

export type Inventory = {
  readonly source: Source;
  readonly releases: readonly FoundRelease[];
  /** Workloads that nothing else puts out again: neither Helm nor a controller. */
  readonly workloads: readonly Measurable[];
  /** What was seen and can't be in the plan, one line each with the reason. */
  readonly leftOut: readonly string[];
  /** Releases of which nobody knows what there is to measure, one line each with the reason. */
  readonly unmeasured: readonly string[];
};
