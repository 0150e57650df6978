// Which plans may be acted on: one that is on the default branch, now or earlier. Facts in, decision out.

import { RollbackPlanError } from '../errors.ts';
import type { PlanOrigin } from '../ports.ts';

/** What the forge says about where a plan lies. Commit ids are full. */
export type RefFacts = {
  /** Branch, tag or commit that was asked for; empty for the default branch. */
  readonly asked: string;
  readonly defaultBranch: string;
  /** Where the default branch is now. */
  readonly head: string;
  readonly commit: string;
  /** Whether the commit was shown to be in the history of `head`. */
  readonly inHistory: boolean;
};

export function originOf({ asked, defaultBranch, head, commit, inHistory }: RefFacts): PlanOrigin {
  const ref = asked === '' ? defaultBranch : asked;
  if (commit === head || inHistory) return { ref, commit, trusted: true };
  const doubt = `${JSON.stringify(ref)} (commit ${commit.slice(0, 12)}) is not in the history of ${defaultBranch}`;
  return { ref, commit, trusted: false, doubt };
}

/** The checked-out file where the trusted plan should have been, and why it could not be. */
export function insteadOfTrusted(checkedOut: PlanOrigin, why: string): PlanOrigin {
  return { ...checkedOut, trusted: false, doubt: `it is the checked-out file, because ${why}` };
}

export type Trust =
  | { readonly ok: true; readonly warning: string | undefined }
  | { readonly ok: false; readonly refusal: RollbackPlanError };

/** @param overridden whether a person gave the override `untrusted-plan` */
export function judgeOrigin(origin: PlanOrigin, overridden: boolean): Trust {
  if (origin.trusted) return { ok: true, warning: undefined };
  const doubt = origin.doubt ?? `nothing vouches for ${origin.ref}`;
  if (overridden) {
    return {
      ok: true,
      warning: `This plan is not trusted: ${doubt}. It is acted on because of the override untrusted-plan.`,
    };
  }
  return {
    ok: false,
    refusal: new RollbackPlanError('plan-untrusted', `the plan is not trusted: ${doubt}`, {
      hint: 'Merge it, and leave `plan-ref` empty. If it has to be this one now: `override: untrusted-plan`; the record will say so.',
      facts: { ref: origin.ref, commit: origin.commit },
    }),
  };
}
