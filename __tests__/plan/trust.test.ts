// Which plans are trusted, and what is said about the others.

import { describe, expect, test } from '@jest/globals';
import { insteadOfTrusted, judgeOrigin, originOf } from '../../src/plan/trust.ts';

const head = 'a'.repeat(40);
const other = 'b'.repeat(40);
const facts = { asked: '', defaultBranch: 'main', head, commit: head, inHistory: false };

describe('where a plan comes from', () => {
  test.each([
    ['the head of the default branch', facts, { ref: 'main', commit: head, trusted: true }],
    [
      'a branch that is where the default branch is',
      { ...facts, asked: 'release' },
      { ref: 'release', commit: head, trusted: true },
    ],
    [
      'an older commit of it',
      { ...facts, asked: other, commit: other, inHistory: true },
      { ref: other, commit: other, trusted: true },
    ],
    [
      'a commit that was not shown to be on it',
      { ...facts, asked: 'hotfix', commit: other },
      {
        ref: 'hotfix',
        commit: other,
        trusted: false,
        doubt: '"hotfix" (commit bbbbbbbbbbbb) is not in the history of main',
      },
    ],
  ])('%s', (_name, given, origin) => {
    expect(originOf(given)).toEqual(origin);
  });

  test('what stands in for the trusted plan is not trusted, even where the working tree would be', () => {
    const origin = insteadOfTrusted({ ref: 'the working tree', trusted: true }, 'the forge is down');
    expect(origin).toEqual({
      ref: 'the working tree',
      trusted: false,
      doubt: 'it is the checked-out file, because the forge is down',
    });
  });
});

describe('whether it may be acted on', () => {
  const untrusted = originOf({ ...facts, asked: 'hotfix', commit: other });

  test.each([[true], [false]])('a trusted one may, without a word (override given: %s)', (overridden) => {
    expect(judgeOrigin(originOf(facts), overridden)).toEqual({ ok: true, warning: undefined });
  });

  test('another one may not, and the refusal names the override', () => {
    expect(judgeOrigin(untrusted, false)).toMatchObject({
      ok: false,
      refusal: {
        code: 'plan-untrusted',
        hint: expect.stringContaining('override: untrusted-plan'),
        facts: { ref: 'hotfix', commit: other },
      },
    });
  });

  test('with the override it may, and why it should not is said', () => {
    expect(judgeOrigin(untrusted, true)).toEqual({
      ok: true,
      warning:
        'This plan is not trusted: "hotfix" (commit bbbbbbbbbbbb) is not in the history of main. It is acted on because of the override untrusted-plan.',
    });
  });
});
