// What other people did with the names that publishing uses: their branches are left alone, their choices kept and told.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Published, PublishRequest } from '../../src/publish/publish.ts';
import { reportOf } from '../../src/report/model.ts';
import { continued, interrupted } from '../../tools/look/sample-journals.ts';
import { type ContentsServer, startContentsServer } from './contents-server.ts';
import { mergePull } from './github-pulls.ts';
import { answer, path, publishTo, skippingClock } from './publishing.ts';

const branch = 'rollback-plan/INC-2041';
const fileOnBranch = `${branch}:${path}`;
const first = 'https://forge.example/acme/checkout/pull/1';

let server: ContentsServer;
beforeEach(async () => {
  server = await startContentsServer();
});
afterEach(async () => {
  await server.stop();
});

const publish = (change?: Partial<PublishRequest>): Promise<Published> =>
  publishTo(server.apiUrl, { as: 'pull-request', ...change });
const writes = (): readonly string[] =>
  server.seen.filter(({ method }) => method !== 'GET').map(({ method, path: route }) => `${method} ${route}`);

describe('a branch of the record’s name that is there already', () => {
  beforeEach(() => {
    server.branches.set(branch, 'theirs');
    server.parents.set('theirs', ['c0ffee']);
  });

  test('and changes anything else is left alone, with no pull request for it', async () => {
    server.files.set(`${branch}:.github/workflows/evil.yml`, 'on: push\n');
    expect(await publish()).toMatchObject({
      ok: false,
      fault: {
        code: 'publish-conflict',
        message: expect.stringMatching(/branch rollback-plan\/INC-2041 .* changes .*workflows\/evil\.yml/),
      },
    });
    expect(writes()).toEqual([]);
  });

  test('is left alone also where somebody opened a pull request of their own for it', async () => {
    server.files.set(`${branch}:.github/workflows/evil.yml`, 'on: push\n');
    const theirs = { number: 1, head: branch, base: 'main', from: 'acme/checkout', title: 'x', body: 'y' };
    server.pulls.push({ ...theirs, state: 'open', merged_at: null });
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-conflict' } });
    expect(writes()).toEqual([]);
  });

  test('is left alone where the forge can’t tell what it changes', async () => {
    server.readFaults.push(undefined, undefined, undefined, answer(404, 'Not Found'));
    expect(await publish()).toMatchObject({
      ok: false,
      fault: { code: 'publish-conflict', message: expect.stringContaining("can't be told") },
    });
    expect(writes()).toEqual([]);
  });

  test('and has nothing of its own is used: a run died there before it wrote', async () => {
    expect(await publish()).toMatchObject({ ok: true, branch, pullRequest: first, fault: undefined });
  });

  test('and has only the record is gone on with', async () => {
    await publish({ report: reportOf(interrupted) });
    server.pulls.length = 0;
    expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true, pullRequest: first });
    expect(server.files.get(fileOnBranch)).toContain('outcome: "rolled-back"');
  });
});

test('what people pushed to the branch of our pull request stays, and is no reason to stop', async () => {
  await publish({ report: reportOf(interrupted) });
  server.files.set(`${branch}:docs/lesson.md`, 'learned\n');
  expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true, pullRequest: first });
});

test('a branch that leaves no room for ours is named at once', async () => {
  server.branches.set('rollback-plan', 'c0ffee');
  const clock = skippingClock();
  expect(await publish({ clock })).toMatchObject({
    ok: false,
    fault: {
      code: 'publish-conflict',
      message: expect.stringContaining('there is a branch rollback-plan'),
      hint: expect.stringContaining('Rename or delete the branch rollback-plan'),
    },
  });
  expect(clock.slept).toEqual([]);
});

describe('a pull request that somebody pointed at another branch', () => {
  beforeEach(async () => {
    await publish({ report: reportOf(interrupted) });
    server.branches.set('release', 'c0ffee');
    const [pull] = server.pulls;
    if (pull !== undefined) pull.base = 'release';
  });

  test('gets no twin, is kept up to date where it is, and is told', async () => {
    for (const _run of [1, 2])
      expect(await publish({ report: reportOf(continued) })).toMatchObject({
        ok: true,
        pullRequest: first,
        fault: {
          code: 'publish-no-pull-request',
          message: expect.stringContaining('pointed at branch release instead of main'),
        },
      });
    expect(server.pulls).toMatchObject([{ base: 'release', title: expect.stringContaining('rolled-back') }]);
  });

  test('and merged there is followed by one into the base', async () => {
    mergePull(server, 1, 'squash');
    expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true, fault: undefined });
    expect(server.pulls).toMatchObject([{ base: 'release' }, { base: 'main', state: 'open' }]);
  });
});
