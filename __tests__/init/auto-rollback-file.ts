// The `auto_rollback` file as docs/init.md shows it, for tests of what becomes of it.

import { readFileSync } from 'node:fs';
import type { AutoRollback } from '../../src/init/auto-rollback.ts';
import { type AutoRollbackFinding, readAutoRollback } from '../../src/init/auto-rollback-findings.ts';
import { rulesOf } from '../../src/init/auto-rollback-rules.ts';
import { type Draft, draftPlan } from '../../src/init/draft.ts';
import type { Inventory } from '../../src/init/inventory.ts';
import { inventory } from './drafts.ts';

/** The code block of the page, as people copy it. */
export const documented = (() => {
  const page = readFileSync('docs/init.md', 'utf8');
  const block = /```json\n([\s\S]*?)```/.exec(page)?.[1];
  if (block === undefined) throw new Error('docs/init.md shows no file');
  return block;
})();

export function documentedContent(): AutoRollback {
  const read = readAutoRollback(documented);
  if (read.type === 'read') return read.content;
  throw new Error(JSON.stringify(read.findings));
}

export function draftFrom(
  content: AutoRollback,
  metricsUrl: string | 'none' = 'http://metrics-api',
  more: Partial<Inventory> = {},
): Draft {
  return draftPlan({
    inventory: inventory(more),
    service: 'shop',
    callers: [],
    rules: rulesOf(content, {
      file: 'auto-rollback.json',
      metricsUrl: metricsUrl === 'none' ? undefined : metricsUrl,
    }),
  });
}

export type Change = (text: string) => string;

/** One that finds nothing to replace would test nothing. */
export const replace =
  (from: string, to: string): Change =>
  (text) => {
    if (!text.includes(from)) throw new Error(`the documented file has no ${from}`);
    return text.replace(from, to);
  };

/** What was changed in the documented file, and the one finding that comes of it. */
export type Mistake = readonly [what: string, change: Change, finding: AutoRollbackFinding];
