// Plans from a forge that answers as GitHub documents it, and from one that has a bad night.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createForge } from '../../src/adapters/github.ts';
import { createForgeObjects } from '../../src/adapters/github-objects.ts';
import { createPlanSource } from '../../src/adapters/plan-source.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { createForgeSource } from '../../src/plan/forge-source.ts';
import { readTrustedPlan } from '../../src/plan/trusted-plan.ts';
import { skippingClock } from '../publish/publishing.ts';
import { head, type ObjectsServer, old, startObjectsServer, stray } from './objects-server.ts';
import { sampleKinds } from './sample-kinds.ts';

const planOf = (name: string): string =>
  `version: 1\nservice: ${name}\ncomponents: { api: { uses: helm-release, with: { release: a } } }\n`;

let server: ObjectsServer;
let workspace = '';
let clock = skippingClock();

beforeAll(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'forge-source-')));
  writeFileSync(join(workspace, 'plan.yml'), planOf('checked-out'));
});
afterAll(() => rmSync(workspace, { recursive: true }));
beforeEach(async () => {
  server = await startObjectsServer(planOf);
  clock = skippingClock();
});
afterEach(() => server.stop());

type Asked = { readonly path?: string; readonly ref?: string; readonly overridden?: boolean };

/** Service of the plan that was read, where it came from, and whether it may act. */
async function read({ path = 'plan.yml', ref = '', overridden = false }: Asked = {}): Promise<unknown> {
  const options = { apiUrl: server.apiUrl, token: 'tok-123', repository: 'acme/shop' };
  const checkedOut = createPlanSource(workspace);
  const source = createForgeSource({
    connect: async () => ({ forge: createForge(options), objects: createForgeObjects(options) }),
    workspace,
    checkedOut,
    clock,
    signal: new AbortController().signal,
  });
  const { read: found, trust } = await readTrustedPlan({
    path,
    ref,
    overridden,
    source,
    checkedOut,
    kinds: sampleKinds,
  });
  const { ref: from, commit } = found.origin;
  return { service: found.plan?.service, from, commit, may: trust.ok };
}

async function refusal(asked: Asked = {}): Promise<string> {
  const outcome = await read(asked).catch((thrown: unknown) => thrown);
  return outcome instanceof RollbackPlanError ? `${outcome.code}: ${outcome.message}` : 'read';
}

describe('a forge like GitHub', () => {
  test.each([
    ['the default branch', {}, { service: 'head', from: 'main', commit: head, may: true }],
    [
      'the default branch by its name',
      { ref: 'main' },
      { service: 'head', from: 'main', commit: head, may: true },
    ],
    ['a tag in its history', { ref: 'v1' }, { service: 'old', from: 'v1', commit: old, may: true }],
    ['a commit in its history', { ref: old }, { service: 'old', from: old, commit: old, may: true }],
    [
      'a branch beside it',
      { ref: 'hotfix' },
      { service: 'stray', from: 'hotfix', commit: stray, may: false },
    ],
    [
      'a branch beside it, with the override',
      { ref: 'hotfix', overridden: true },
      { service: 'stray', from: 'hotfix', commit: stray, may: true },
    ],
  ])('gives the plan of %s', async (_name, asked, expected) => {
    expect(await read(asked)).toEqual(expected);
  });

  test('is asked for nothing but names and object ids, and not for a comparison with itself', async () => {
    await read();
    const routes = server.seen.map((one) => one.replace(/[0-9a-f]{40}/g, 'ID').replace(/\?.*/, ''));
    expect(routes).toEqual(['', '/branches/main', '/git/commits/ID', '/git/trees/ID', '/git/blobs/ID']);
  });

  test('a comparison that is about another commit shows nothing', async () => {
    server.replies.set(`/compare/${head}...${old}`, {
      status: 200,
      data: { base_commit: { sha: stray }, merge_base_commit: { sha: old } },
    });
    expect(await read({ ref: old })).toMatchObject({ may: false });
  });

  test('a comparison that names no commits shows nothing, and neither does a list that is not empty', async () => {
    server.replies.set(`/compare/${head}...${old}`, { status: 200, data: { total_commits: 0, commits: [] } });
    expect(await read({ ref: old })).toMatchObject({ may: false });
  });

  test('an answer about another commit than the one asked for is not read', async () => {
    server.replies.set(`/git/commits/${head}`, { status: 200, data: { sha: stray, tree: { sha: stray } } });
    expect(await refusal()).toContain(`the answer is not about commit ${head}`);
  });

  test('a name that names nothing is said to, with and without the override', async () => {
    const expected = 'plan-missing: acme/shop has no branch, tag or commit "hotfixx"';
    expect(await refusal({ ref: 'hotfixx' })).toBe(expected);
    expect(await refusal({ ref: 'hotfixx', overridden: true })).toBe(expected);
  });

  test('a plan that is not there is not replaced by the checked-out one', async () => {
    server.replies.set(`/git/commits/${head}`, { status: 200, data: { sha: head, tree: { sha: 'empty' } } });
    server.replies.set('/git/trees/empty', { status: 200, data: { tree: [], truncated: false } });
    expect(await refusal({ overridden: true })).toBe(
      'plan-missing: there is no plan at "plan.yml" on main (commit aaaaaaaaaaaa)',
    );
  });
});

describe('a forge on a bad night', () => {
  test.each([
    ['two resets', ['reset', 'reset'] as const],
    ['a 500 and a 503', [500, 503] as const],
    ['too many requests', [429] as const],
  ])('is asked again after %s', async (_name, faults) => {
    server.faults.push(...faults);
    expect(await read()).toMatchObject({ service: 'head', may: true });
    expect(clock.slept).toHaveLength(faults.length);
  });

  test('is given up after the third try, and the override reads what is checked out', async () => {
    server.faults.push(503, 503, 503);
    expect(await refusal()).toBe(
      "plan-ref-unreadable: the plan can't be read from the repository: the forge does not give it out of acme/shop: answered 503 (HTTP 503)",
    );
    server.faults.push(503, 503, 503);
    expect(await read({ overridden: true })).toEqual({
      service: 'checked-out',
      from: 'the working tree',
      commit: undefined,
      may: true,
    });
  });

  test.each([[401], [403], [404]])('a %i is not asked again and names the permission', async (status) => {
    server.faults.push(status);
    await expect(read()).rejects.toMatchObject({
      code: 'plan-ref-unreadable',
      hint: expect.stringContaining('permissions: { contents: read }'),
    });
    expect(clock.slept).toEqual([]);
  });

  test('a default branch that this token does not see is unreadable, and no plan is taken for missing', async () => {
    server.replies.set('/branches/main', { status: 404, data: { message: 'Branch not found' } });
    expect(await refusal()).toBe(
      "plan-ref-unreadable: the plan can't be read from the repository: acme/shop has no branch main for this token",
    );
  });
});
