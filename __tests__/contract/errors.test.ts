// Each reason code has a paragraph in docs/errors.md, and docs/errors.md knows no other.

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { reasonCodes } from '../../src/errors.ts';

test('docs/errors.md explains exactly the codes that exist', () => {
  const headings = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^### `([a-z-]+)`$/gm)].map(
    (match) => match[1],
  );
  expect(headings.sort()).toEqual(Object.values(reasonCodes).flat().sort());
});
