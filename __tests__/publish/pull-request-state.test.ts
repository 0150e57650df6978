// What happens to a record's branch and pull request, by what there is: the whole table.

import { describe, expect, test } from '@jest/globals';
import type { PullRequest } from '../../src/ports/forge.ts';
import { branchFor, branchStep, requestStep, theOne } from '../../src/publish/pull-request-state.ts';

const request = (state: PullRequest['state'], number = 1): PullRequest => ({
  number,
  state,
  url: `https://forge.example/${number}`,
  title: '',
  body: '',
  base: 'main',
  headCommit: 'aaa',
});

describe('a branch', () => {
  test.each([
    ['no request, no branch', undefined, undefined, 'create'],
    ['merged, and the branch removed', 'merged', undefined, 'create'],
    ['closed, and the branch removed', 'closed', undefined, 'create'],
    ['merged with all that is on it', 'merged', 'aaa', 'restart'],
    ['merged, and there is more on it', 'merged', 'bbb', 'go-on'],
    ['an earlier run that got no request open', undefined, 'aaa', 'go-on'],
    ['open', 'open', 'aaa', 'go-on'],
    ['closed', 'closed', 'aaa', 'go-on'],
  ] as const)('%s', (_what, state, head, step) => {
    expect(branchStep(state === undefined ? undefined : request(state), head)).toBe(step);
  });

  test.each([
    ['INC-7', 'rollback-plan/INC-7'],
    ['INC-7.', 'rollback-plan/INC-7.-'],
    ['INC-7.lock', 'rollback-plan/INC-7.lock-'],
    ['a..b', 'rollback-plan/a.-b'],
  ])('for %s has a name that git takes', (incident, name) => {
    expect(branchFor(incident)).toBe(name);
  });
});

describe('a pull request', () => {
  test.each([
    ['none', undefined, 'bbb', 'open'],
    ['open', 'open', 'bbb', 'update'],
    ['closed by somebody', 'closed', 'bbb', 'closed'],
    ['merged before we wrote', 'merged', 'bbb', 'open'],
    ['merged with what we wrote', 'merged', 'aaa', 'merged'],
    ['merged, and nothing was written', 'merged', undefined, 'open'],
  ] as const)('%s', (_what, state, head, type) => {
    const found = state === undefined ? undefined : request(state);
    expect(requestStep(found, head)).toMatchObject({ type });
  });

  test('that counts is the open one, else the newest', () => {
    expect(theOne([], 'main')).toBeUndefined();
    expect(theOne([request('closed', 3), request('merged', 2)], 'main')?.number).toBe(3);
    expect(theOne([request('closed', 3), request('open', 2), request('merged', 1)], 'main')?.number).toBe(2);
    expect(theOne([request('merged', 3), request('closed', 2)], 'release')?.number).toBe(2);
  });
});
