// Plans with triggers and a drill, for tables: the sections in question begin in line 5.

import { plan } from './errors-in.ts';

/** After component and check: the section in question, from line 5 on. */
export function watched(...lines: readonly string[]): string {
  return plan(
    'components: { api: { uses: helm-release, with: { release: a } } }',
    'verify: [{ uses: http, with: { url: https://a.example, expect: 1 } }]',
    ...lines,
  );
}

/** A drill whose only `break` step stands in line 7. */
export function breaking(step: string, ...lines: readonly string[]): string {
  return watched('drill:', '  break:', `    - ${step}`, ...lines);
}
