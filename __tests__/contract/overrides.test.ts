// The page of overrides and the list that is accepted are one.

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { namingOverrides, overrides } from '../../src/request.ts';

test('docs/safety.md tells every override in its own words, and no other', () => {
  const page = readFileSync('docs/safety.md', 'utf8');
  const table = page.slice(page.indexOf('## Overrides'));
  const told = [...table.matchAll(/^\| `([a-z-]+)(?::<[a-z]+>)?` \| (.*) \|$/gm)].map(([, name, text]) => [
    name,
    text,
  ]);
  expect(told).toEqual([...Object.entries(overrides), ...Object.entries(namingOverrides)]);
});
