// Are the tools that this run needs there, and new enough? Asked before anything changes, all at once.

import semver from 'semver';
import { RollbackPlanError } from '../errors.ts';
import type { Processes } from '../ports.ts';
import type { Requirement } from '../values/operation.ts';

export type ToolFinding =
  | { readonly tool: string; readonly state: 'pass'; readonly detail: string }
  | { readonly tool: string; readonly state: 'refuse'; readonly error: RollbackPlanError };

const answerMs = 15_000;

type ToolRequirement = Extract<Requirement, { type: 'tool' }>;

/** One finding per tool, in the order first required; requirements for the same tool are merged, all ranges hold. */
export async function examineTools(
  requirements: readonly Requirement[],
  processes: Processes,
): Promise<readonly ToolFinding[]> {
  const byName = new Map<string, ToolRequirement[]>();
  for (const requirement of requirements) {
    if (requirement.type === 'tool')
      byName.set(requirement.name, [...(byName.get(requirement.name) ?? []), requirement]);
  }
  return await Promise.all([...byName.values()].map((wanted) => examineTool(wanted, processes)));
}

async function examineTool(wanted: readonly ToolRequirement[], processes: Processes): Promise<ToolFinding> {
  const [first] = wanted;
  if (first === undefined) throw new Error('a tool is examined only when something requires it');
  const argv = [first.name, ...first.versionArgs] as const;
  const outcome = await processes.run({ argv }, { deadlineMs: answerMs });
  if (outcome.ended === 'not-started') {
    const error = new RollbackPlanError('tool-missing', `${first.name} is not on the PATH`, {
      hint: `Install it: ${first.install}`,
    });
    return { tool: first.name, state: 'refuse', error };
  }
  // Without a range a tool that says nothing would pass, and hang again when it is needed.
  if (outcome.ended === 'timed-out' || outcome.ended === 'cancelled') {
    const how = outcome.ended === 'cancelled' ? 'was cancelled' : `did not end within ${answerMs / 1000} s`;
    const error = new RollbackPlanError(
      'tool-missing',
      `${first.name} does not answer: \`${argv.join(' ')}\` ${how}`,
      {
        hint: `See whether it ends on the same machine, and mend or replace it: ${first.install}`,
      },
    );
    return { tool: first.name, state: 'refuse', error };
  }
  return judgeTool(wanted, `${outcome.raw.toString('utf8')}\n${outcome.stderr}`);
}

/** Pure: the version that a tool printed, against every range asked for. */
export function judgeTool(wanted: readonly ToolRequirement[], printed: string): ToolFinding {
  const name = wanted[0]?.name ?? '';
  const version =
    semver.parse(/v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)/.exec(printed)?.[1]) ?? semver.coerce(printed);
  const refused = wanted.find(
    ({ range }) =>
      range !== undefined &&
      (version === null || !semver.satisfies(version, range, { includePrerelease: true })),
  );
  if (refused !== undefined) {
    const found = version === null ? 'says no version that can be read' : `is ${version.version}`;
    const error = new RollbackPlanError('tool-too-old', `${name} ${found}, and ${refused.range} is needed`, {
      hint: `Install it: ${refused.install}`,
    });
    return { tool: name, state: 'refuse', error };
  }
  return { tool: name, state: 'pass', detail: version === null ? 'there' : version.version };
}
