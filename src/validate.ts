// `mode: validate`: every finding of a plan, for a terminal and as annotations, and how soon its
// checks and triggers would notice a bad deploy. Changes nothing and starts nothing.

import type { ReasonCode } from './errors.ts';
import { type Annotation, hasErrors, renderFindings, toAnnotation } from './plan/findings.ts';
import { readPlan } from './plan/read.ts';
import { codeBlock, codeSpan } from './values/markdown.ts';
import { detectionOf, renderDeclared, renderDetection } from './verify/detection.ts';
import type { World } from './world.ts';

export type Validation = {
  readonly outcome: 'verified' | 'refused';
  readonly code: ReasonCode | '';
  /** For a terminal; ends with a newline. */
  readonly text: string;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
};

/**
 * The checked-out plan, which a pull request is about; the one at `ref` if there is one, trusted or not. Throws
 * `plan-missing` and its like when there is no plan to read; mistakes in it are findings.
 */
export async function validate(
  { plan: path, planRef: ref }: { readonly plan: string; readonly planRef: string },
  world: Pick<World, 'planSource' | 'checkedOutPlans' | 'kinds'>,
): Promise<Validation> {
  const source = ref === '' ? world.checkedOutPlans : world.planSource;
  const { plan, findings, text } = await readPlan({ path, ref, source, kinds: world.kinds });
  const invalid = hasErrors(findings);
  const found = findings.length === 0 ? `${path}: no findings\n` : renderFindings(findings, text);
  const noticed = plan === undefined ? '' : renderDetection(detectionOf(plan, world.kinds.checks));
  const people = plan === undefined ? '' : renderDeclared(plan);
  const listing = [found, noticed, people].filter((part) => part !== '').join('\n');
  const headline = invalid ? `## Plan ${codeSpan(path)} has mistakes` : `## Plan ${codeSpan(path)} is valid`;
  return {
    outcome: invalid ? 'refused' : 'verified',
    code: invalid ? 'plan-invalid' : '',
    text: listing,
    summary: `${headline}\n\n${codeBlock(listing)}\n`,
    annotations: findings.map(toAnnotation),
  };
}
