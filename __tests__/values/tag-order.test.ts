// The order of tags, without a repository.

import { describe, expect, test } from '@jest/globals';
import { orderTags } from '../../src/values/tag-order.ts';

const at = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();
const names = (tags: readonly [string, number][], pattern: string): readonly string[] =>
  orderTags(
    tags.map(([name, day]) => ({ name, at: at(day) })),
    pattern,
  ).map((tag) => tag.name);

describe('tags are ordered', () => {
  test('by precedence, where a hotfix of an old line comes after the newer line although it was made later', () => {
    expect(
      names(
        [
          ['v2.0.0', 1],
          ['v1.0.1', 9],
          ['v1.0.0', 0],
        ],
        'v*',
      ),
    ).toEqual(['v2.0.0', 'v1.0.1', 'v1.0.0']);
  });

  test('by precedence below a digit that the pattern itself gives', () => {
    expect(
      names(
        [
          ['v1.9.0', 1],
          ['v1.10.0', 0],
        ],
        'v1.*',
      ),
    ).toEqual(['v1.10.0', 'v1.9.0']);
  });

  test('all by date as soon as one is no version, so that no pair is compared by another rule', () => {
    expect(
      names(
        [
          ['v2.0.0', 1],
          ['v1.0.0', 3],
          ['vnext', 2],
        ],
        'v*',
      ),
    ).toEqual(['v1.0.0', 'vnext', 'v2.0.0']);
  });

  test('by date, then by name, where the versions are equal but for their build', () => {
    expect(
      names(
        [
          ['v1.0.0+a', 1],
          ['v1.0.0+c', 2],
          ['v1.0.0+b', 2],
        ],
        'v*',
      ),
    ).toEqual(['v1.0.0+c', 'v1.0.0+b', 'v1.0.0+a']);
  });
});
