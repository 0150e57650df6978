// Names, branches, paths, slugs and suggestions: what passes, what doesn't, and what is offered instead.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  branchName,
  identifier,
  name,
  namespaceLabel,
  slug,
  title,
  uniqueSlug,
  variableName,
} from '../../src/values/names.ts';
import { whyNotRelative } from '../../src/values/paths.ts';
import { nearest, suggestion } from '../../src/values/suggest.ts';

test.each([
  [
    'a name',
    name,
    ['api', 'Api-2', '7', 'a.b_c', 'a'.repeat(63)],
    ['', '-a', '.a', '_a', 'a b', 'a/b', 'ä', 'a\n', 'a'.repeat(64)],
  ],
  ['an identifier', identifier, ['a', '_a', 'a-b', 'A9'], ['', '-a', '9a', 'a.b', 'a b']],
  ['a variable', variableName, ['A', 'DB_PASSWORD', '_X9'], ['', 'a', '9A', 'A-B', 'A=B']],
  [
    'a title',
    title,
    ['Stop the bleeding!', 'ä', '…'],
    ['', '-a', ' a', 'a\nb', 'a\u202eb', 'a\u2028b', 'x'.repeat(121)],
  ],
  ['a namespace', namespaceLabel, ['shop', 'a', 'a-1'], ['', 'Shop', '-a', 'a-', 'a.b', 'a'.repeat(64)]],
  [
    'a branch',
    branchName,
    ['main', 'incidents/2026', 'a.b', 'ä'],
    [
      '',
      '-f',
      '/a',
      'a/',
      'a..b',
      'a b',
      'a~1',
      'a^',
      'a:b',
      'a?',
      'a*',
      'a[',
      'a\\b',
      'a@{1',
      'a.lock',
      'a/.b',
      'a//b',
      'a.',
      '.a',
      'a\u0000b',
    ],
  ],
])('%s passes only if commands, git and Kubernetes take it', (_what, schema, good, bad) => {
  expect(good.filter((text) => !schema.safeParse(text).success)).toEqual([]);
  expect(bad.filter((text) => schema.safeParse(text).success)).toEqual([]);
});

test.each(['config/', 'a/b.yaml', '.github/x', 'a..b', '...', 'a b', 'ä'])('the path %s is fine', (path) => {
  expect(whyNotRelative(path)).toBeUndefined();
});

test.each([
  ['', 'empty'],
  ['/a', 'absolute'],
  ['C:/a', 'absolute'],
  ['..', '..'],
  ['a/../b', '..'],
  ['a/..', '..'],
  ['-a', '-'],
  ['a\\b', 'backslash'],
  ['a\0b', 'NUL'],
  ['~/a', '~'],
  ['a//b', '//'],
  ['.git/config', '.git'],
  ['sub/.git', '.git'],
  ['a'.repeat(1025), '1024'],
])('the path %j is refused, and the reason names %s', (path, reason) => {
  expect(whyNotRelative(path)).toContain(reason);
});

describe('slugs', () => {
  test.each([
    ['Roll back', 'roll-back'],
    ['Stop the bleeding!', 'stop-the-bleeding'],
    ['Größe', 'gro-e'],
    ['été', 'ete'],
    ['…', 'unnamed'],
    [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
  ])('%s is %s', (text, expected) => {
    expect(slug(text)).toBe(expected);
  });

  test('are made unique by counting', () => {
    const taken = new Set<string>();
    expect(['a', 'A', 'a!'].map((text) => uniqueSlug(text, taken))).toEqual(['a', 'a-2', 'a-3']);
  });
});

describe('suggestions', () => {
  test.each([
    ['a letter missing', 'componets', 'components'],
    ['a letter too many', 'servicee', 'service'],
    ['a wrong letter', 'varify', 'verify'],
    ['two letters exchanged', 'uess', 'uses'],
    ['another case', 'SERVICE', 'service'],
  ])('%s is forgiven', (_name, word, expected) => {
    expect(nearest(word, ['verify', 'service', 'uses', 'components'])).toBe(expected);
  });

  test.each([
    ['a word too far away', 'database'],
    ['a short word that shares too little', 'ab'],
    ['a word of absurd length', 'verify'.repeat(20)],
  ])('%s gets no guess', (_name, word) => {
    expect(nearest(word, ['verify', 'service', 'uses', 'components'])).toBeUndefined();
  });

  test('the nearest wins, and the first of two as near', () => {
    expect(nearest('abcd', ['abxd', 'abce', 'abcde'])).toBe('abxd');
    expect(nearest('target', ['targetss', 'targets'])).toBe('targets');
  });

  test('without a near word the known ones are listed, if they are few', () => {
    expect(suggestion('zzz', ['a1', 'b2'])).toBe('known here: `a1`, `b2`');
    expect(
      suggestion(
        'zzz',
        Array.from({ length: 21 }, (_, n) => `name${n}`),
      ),
    ).toBeUndefined();
    expect(suggestion('zzz', [])).toBeUndefined();
  });

  test('any word finds itself', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20 }),
        (word) => nearest(word, ['x', word]) !== undefined,
      ),
    );
  });
});
