// The workflows that call the plan, from the very files that people would copy, with the plan's own names put in. Pure.

import type { CallerName } from './options.ts';
import { initOptions } from './options.ts';
import { scalar } from './yaml-text.ts';

/** Where each caller comes from in this package, and where it goes in the repository. */
export const callerFiles: Readonly<Record<CallerName, { readonly from: string; readonly to: string }>> = {
  button: { from: 'workflows/rollback.yml', to: '.github/workflows/rollback.yml' },
  'after-deploy-job': {
    from: 'workflows/after-deploy-job.yml',
    to: '.github/workflows/verify-after-deploy.yml',
  },
  'after-deploy-step': {
    from: 'workflows/after-deploy-step.yml',
    to: '.github/workflows/deploy-and-verify.yml',
  },
  'after-deployment': {
    from: 'workflows/after-deployment.yml',
    to: '.github/workflows/verify-deployment.yml',
  },
  alert: { from: 'workflows/alert.yml', to: '.github/workflows/rollback-alert.yml' },
  drill: { from: 'workflows/drill.yml', to: '.github/workflows/rollback-drill.yml' },
  heartbeat: { from: 'workflows/heartbeat.yml', to: '.github/workflows/rollback-heartbeat.yml' },
};

export type CallerFacts = {
  /** Never empty; the first one is the default. */
  readonly targets: readonly [string, ...string[]];
  /** Where a drill takes place, if the plan says so. */
  readonly drillTarget: string | undefined;
  readonly plan: string;
};

/**
 * Gives a form its choice of targets, and every call of ours the target and, unless it lies in the usual place, the path
 * of the plan. What a caller hands on as an expression stays, and so does everything else, comments included.
 */
export function fillCaller(name: CallerName, text: string, facts: CallerFacts): string {
  const { targets, drillTarget, plan } = facts;
  const [first] = targets;
  const target = name === 'drill' ? (drillTarget ?? first) : first;
  const atUsualPlace = plan === initOptions.plan.default;
  let lines: readonly string[] = text.split('\n');
  const form = lines.findIndex((line) => /^\s+target:\s*$/.test(line));
  lines = setBelow(lines, form, [
    ['type', 'choice'],
    ['options', `[${targets.map(scalar).join(', ')}]`],
    ['default', scalar(first)],
  ]);
  // From the last one up, so that lines that are added move no place that is still to come.
  for (const head of headsOfOurs(lines).toReversed()) {
    lines = setBelow(lines, head, [
      ['target', scalar(target)],
      ...(atUsualPlace ? [] : [['plan', scalar(plan)] as const]),
    ]);
  }
  return lines.join('\n');
}

/** The lines `with:` of the jobs and steps that call us. */
function headsOfOurs(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line, call) => {
    if (!/^\s+(?:- )?uses: rollback-plan\/rollback-plan[/@]/.test(line)) return [];
    const column = line.indexOf('uses:');
    const after = lines
      .slice(call + 1)
      .findIndex((each) => indentOf(each) === column && /^\s+with:/.test(each));
    return after < 0 ? [] : [call + 1 + after];
  });
}

/** Sets keys of the map below a line: in place of a plain value that is there, else at the map's end. */
function setBelow(
  lines: readonly string[],
  head: number,
  entries: readonly (readonly [key: string, value: string])[],
): readonly string[] {
  const line = lines[head];
  if (line === undefined) return lines;
  const indent = indentOf(line);
  const rest = lines.slice(head + 1);
  const end = rest.findIndex((each) => each.trim() === '' || indentOf(each) <= indent);
  const block = end < 0 ? rest : rest.slice(0, end);
  const inner = block[0] === undefined ? indent + 2 : indentOf(block[0]);
  let below: readonly string[] = block;
  for (const [key, value] of entries) {
    const written = `${' '.repeat(inner)}${key}: ${value}`;
    const at = below.findIndex((each) => indentOf(each) === inner && each.startsWith(`${key}:`, inner));
    if (at < 0) below = [...below, written];
    else if (below[at]?.includes('${{') !== true) {
      // A value in the lines below, such as a list, goes with its key.
      const tail = below.slice(at + 1);
      const more = tail.findIndex((each) => indentOf(each) <= inner && !each.startsWith('- ', inner));
      below = [...below.slice(0, at), written, ...(more < 0 ? [] : tail.slice(more))];
    }
  }
  return [...lines.slice(0, head + 1), ...below, ...(end < 0 ? [] : rest.slice(end))];
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}
