// Each reason code has a paragraph in docs/errors.md, and docs/errors.md knows no other.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { reasonCodes } from '../../src/errors.ts';

test('docs/errors.md explains exactly the codes that exist', () => {
  const headings = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^### `([a-z-]+)`$/gm)].map(
    (match) => match[1],
  );
  expect(headings.sort()).toEqual(Object.values(reasonCodes).flat().sort());
});

test('every code that exists is given by some code', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(`src/${name}`, 'utf8'))
    .join('\n');
  const unused = Object.values(reasonCodes)
    .flat()
    .filter((code) => code !== 'internal' && !sources.includes(`'${code}'`));
  expect(unused).toEqual([]);
});
