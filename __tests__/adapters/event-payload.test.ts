// The event that started the workflow: which commit and which pull request it is about.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitIn, pullRequestIn } from '../../src/adapters/event-payload.ts';

const sha = 'a'.repeat(40);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollback-plan-event-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const event = (content: unknown): string => {
  const path = join(folder, 'event.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('the commit that was deployed', () => {
  test.each<readonly [string, unknown, string | undefined]>([
    ['workflow_run', { workflow_run: { head_sha: sha } }, sha],
    ['deployment_status', { deployment: { sha }, deployment_status: { state: 'success' } }, sha],
    ['deployment', { deployment: { sha } }, sha],
    // What belongs to another event is not looked for.
    ['push', { workflow_run: { head_sha: sha }, deployment: { sha } }, undefined],
    ['workflow_run', { workflow_run: { head_sha: 'main; rm -rf' } }, undefined],
    ['workflow_run', { deployment: { sha } }, undefined],
    ['workflow_run', '{', undefined],
  ])('of %s %j', (name, content, expected) => {
    expect(commitIn(name, event(content))).toBe(expected);
  });

  test('is not known without an event', () => {
    expect([commitIn('workflow_run', undefined), commitIn(undefined, join(folder, 'none'))]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

test('the pull request is told by its number', () => {
  expect(pullRequestIn(event({ pull_request: { number: 7 } }))).toBe(7);
  expect(pullRequestIn(event({ pull_request: { number: 'x' } }))).toBeUndefined();
});
