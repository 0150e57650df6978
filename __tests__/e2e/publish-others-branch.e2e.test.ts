// On a real forge: branches and pull requests that other people made, blocked or moved under the names publishing uses.

import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import type { Published } from '../../src/publish/publish.ts';
import { continued, interrupted } from '../../tools/look/sample-journals.ts';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { branch, publishOn, pullList } from '../support/record-scene.ts';
import { sharedForge, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['gitea']);
const suite = parts.ready ? describe : describe.skip;

suite('names that other people use, on a real forge', () => {
  let forge: Forge;
  let repository: Repository;
  beforeAll(async () => {
    forge = await sharedForge();
  });
  afterAll(() => forge?.stop());
  beforeEach(async () => {
    repository = await forge.createRepository(uniqueName('others'), { private: true });
  });

  const publish = (events: readonly RunEvent[]): Promise<Published> => publishOn(forge, repository, events);
  const api = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const reply = await forge.call(method, `/repos/${repository.fullName}${route}`, body);
    expect(reply.status).toBeLessThan(300);
    return reply.body;
  };
  const pulls = async (): Promise<ReturnType<typeof pullList.parse>> =>
    pullList.parse(await api('GET', '/pulls?state=all'));
  const push = (to: string, path: string): Promise<unknown> =>
    api('POST', `/contents/${path}`, {
      ...(to === branch ? { branch } : { branch: 'main', new_branch: branch }),
      content: 'eA==',
      message: 'x',
    });

  test('a branch with somebody’s workflow gets no record and no pull request', async () => {
    await push('new', '.github/workflows/evil.yml');
    await push(branch, 'README-2.md');
    expect(await publish(continued)).toMatchObject({
      ok: false,
      fault: { code: 'publish-conflict', message: expect.stringContaining('workflows/evil.yml') },
    });
    expect(await pulls()).toEqual([]);
  });

  test('a branch that has nothing of its own yet is used', async () => {
    await api('POST', '/branches', { new_branch_name: branch, old_ref_name: 'main' });
    expect(await publish(interrupted)).toMatchObject({ ok: true, fault: undefined });
  });

  test('a branch `rollback-plan` is named at once', async () => {
    await api('POST', '/branches', { new_branch_name: 'rollback-plan', old_ref_name: 'main' });
    const began = performance.now();
    expect(await publish(continued)).toMatchObject({
      ok: false,
      fault: { code: 'publish-conflict', hint: expect.stringContaining('delete the branch rollback-plan') },
    });
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  test('a pull request that was pointed at another branch gets no twin', async () => {
    expect(await publish(interrupted)).toMatchObject({ ok: true, fault: undefined });
    await api('POST', '/branches', { new_branch_name: 'release', old_ref_name: 'main' });
    await api('PATCH', '/pulls/1', { base: 'release' });
    expect(await publish(continued)).toMatchObject({
      ok: true,
      pullRequest: expect.stringMatching(/\/pulls\/1$/),
      fault: { message: expect.stringContaining('branch release instead of main') },
    });
    expect(await pulls()).toMatchObject([
      { number: 1, base: { ref: 'release' }, title: expect.stringContaining('rolled-back') },
    ]);
  });
});
