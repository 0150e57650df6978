// Every plan under examples/ is one that the linter has nothing to say about.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { renderFindings } from '../../src/plan/findings.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { registeredKinds } from '../../src/plan/registered-kinds.ts';

const plans = readdirSync('examples', { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?:^|\/)rollback[^/]*\.yml$/.test(file))
  .map((file) => join('examples', file));

test('there are plans to look at', () => {
  expect(plans.length).toBeGreaterThanOrEqual(2);
});

test.each(plans)('%s has no findings', (file) => {
  const text = readFileSync(file, 'utf8');
  const { findings } = parsePlan(text, file, registeredKinds);
  expect(renderFindings(findings, text)).toBe(renderFindings([], text));
});
