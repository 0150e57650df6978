// The plan that a run may act on, and what has to be said about where it comes from.

import { RollbackPlanError } from '../errors.ts';
import type { PlanSource } from '../ports.ts';
import type { PlanKinds } from './kinds.ts';
import { type ReadPlan, readPlan } from './read.ts';
import { insteadOfTrusted, judgeOrigin, type Trust } from './trust.ts';

export type TrustedRequest = {
  readonly path: string;
  /** Branch, tag or commit; empty takes the source's default. */
  readonly ref: string;
  /** Whether a person gave the override `untrusted-plan`. */
  readonly overridden: boolean;
  readonly source: PlanSource;
  /** What to fall back on with the override, where the source can't be read. */
  readonly checkedOut: PlanSource;
  readonly kinds: PlanKinds;
};

/** Throws what `readPlan` throws. A plan that is not trusted comes with the refusal, so that the record can name it. */
export async function readTrustedPlan(
  request: TrustedRequest,
): Promise<{ readonly read: ReadPlan; readonly trust: Trust }> {
  const { path, ref, overridden, source, checkedOut, kinds } = request;
  const read = await readPlan({ path, ref, source, kinds }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof RollbackPlanError) || thrown.code !== 'plan-ref-unreadable' || !overridden) {
      throw thrown;
    }
    const found = await readPlan({ path, source: checkedOut, kinds });
    return { ...found, origin: insteadOfTrusted(found.origin, thrown.message) };
  });
  return { read, trust: judgeOrigin(read.origin, overridden) };
}
