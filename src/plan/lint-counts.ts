// How many of each there are. Checked before all other rules, which may then take their time with each.

import type { Finding } from './findings.ts';
import { limits } from './limits.ts';
import { allStepsOf, type Outline } from './outline.ts';
import type { Path } from './plan.ts';

export function lintCounts(outline: Outline): readonly Finding[] {
  const { document } = outline;
  const named = (
    [
      'components',
      'targets',
      'inputs',
      'scenarios',
      'severities',
      'triggers',
      'backups',
      'follow-ups',
    ] as const
  ).map((section) => {
    const paths = document.keysAt([section]).map((name) => [section, name]);
    return [section, paths] as const;
  });
  const listed = [
    ['phases', outline.phases.map(({ path }) => path)],
    ['steps', allStepsOf(outline).map(({ path }) => path)],
    ['checks', outline.checks.map(({ path }) => path)],
    ['secrets', itemsAt(outline, 'secrets')],
    ['registries', itemsAt(outline, 'registries')],
  ] as const;
  return [...named, ...listed].flatMap(([what, paths]) => {
    const firstTooMany = paths[limits[what]];
    if (firstTooMany === undefined) return [];
    return [
      {
        rule: 'limit',
        severity: 'error',
        message: `the plan has ${paths.length} ${what}, more than ${limits[what]}`,
        hint: 'split the plan, one per service',
        ...document.keySpanOf(firstTooMany),
      } as const,
    ];
  });
}

function itemsAt({ top }: Outline, section: string): readonly Path[] {
  const items = top[section];
  return Array.isArray(items) ? items.map((_, index) => [section, index]) : [];
}
