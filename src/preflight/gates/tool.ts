// The gate `tool`: what steps and checks will start has to be there, and new enough. Tools of components are proven
// before anything is read, because reading takes them, too; they are not asked again.

import { requirementsOf } from '../../target/pin.ts';
import type { Requirement } from '../../values/operation.ts';
import { examineTools, type ToolFinding } from '../tools.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

export const tool: Gate<readonly ToolFinding[]> = {
  name: 'tool',
  summary: 'What steps and checks will start is on the PATH, and new enough.',
  override: 'missing-tool',
  async collect(subject) {
    const { context } = subject;
    return await examineTools(unproven(subject), {
      run: ({ argv }, { deadlineMs }) => context.read(argv, { deadlineMs }),
    });
  },
  judge: judgeTools,
};

/** What was asked of components in the same words is proven. Pure. */
export function unproven({
  components,
  requirements,
}: Pick<GateSubject, 'components' | 'requirements'>): readonly Requirement[] {
  const proven = new Set(requirementsOf(components).map((requirement) => JSON.stringify(requirement)));
  const names = new Set(
    requirementsOf(components).flatMap((requirement) =>
      requirement.type === 'tool' ? [requirement.name] : [],
    ),
  );
  return requirements.filter(
    (requirement) =>
      requirement.type === 'tool' &&
      !proven.has(JSON.stringify(requirement)) &&
      // That it is there is proven under its name; only another range is news.
      !(names.has(requirement.name) && requirement.range === undefined),
  );
}

export function judgeTools(findings: readonly ToolFinding[]): readonly GateFinding[] {
  return findings.map((finding): GateFinding => {
    const subject = finding.tool;
    return finding.state === 'pass'
      ? { state: 'pass', subject, detail: finding.detail }
      : { state: 'refuse', subject, detail: finding.error.message, hint: finding.error.hint };
  });
}
