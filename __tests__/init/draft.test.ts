// What a drafted plan is made of: unique names, and which bad versions belong to one deploy.

import { describe, expect, test } from '@jest/globals';
import { namePattern } from '../../src/values/names.ts';
import { bad, draft, found, measurable } from './drafts.ts';

describe('component names', () => {
  test('are valid and unique, whatever the case, for the longest names there are', () => {
    const long = 'a'.repeat(53);
    const { components } = draft({
      releases: Array.from({ length: 30 }, (_, index) => found(`${long.slice(0, 51)}${index + 10}`)),
      workloads: [
        measurable('A'.repeat(60)),
        measurable(`${'a.'.repeat(120)}b`),
        measurable('9'.repeat(200)),
      ],
    });
    const names = components.map(({ name }) => name);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(33);
    expect(names.filter((name) => !namePattern.test(name))).toEqual([]);
  });
});

describe('known-bad versions', () => {
  const pick = (...known: readonly ReturnType<typeof bad>[]): readonly string[] =>
    draft({ releases: known.map((each) => found(each.release, { knownBad: each })) }).knownBad.map(
      ({ release, revision }) => `${release} ${revision}`,
    );

  test('that went out within minutes are one deploy, newest first', () => {
    expect(
      pick(
        bad('api', { revision: 3, at: '2026-11-20T03:12:00Z' }),
        bad('web', { revision: 8, at: '2026-11-20T03:14:00Z' }),
        bad('old', { revision: 2, at: '2026-10-01T00:00:00Z' }),
      ),
    ).toEqual(['web 8', 'api 3']);
  });

  test('without a time only one is taken', () => {
    expect(pick(bad('api', { at: undefined }), bad('web', { at: undefined }))).toEqual(['api 3']);
  });
});
