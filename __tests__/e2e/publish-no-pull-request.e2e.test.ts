// Records on a real forge where a pull request is refused, can't be seen, or the forge dies meanwhile: the record is where
// it can be, and the run says what to change.

import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { systemClock } from '../../src/adapters/clock.ts';
import { createForge } from '../../src/adapters/github.ts';
import type { Forge as ForgePort } from '../../src/ports/forge.ts';
import { publishRecord } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { green } from '../../tools/look/sample-journals.ts';
import { readOnlyScopes, startForge } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { branch, pullList, type RecordScene, setRecordScene } from '../support/record-scene.ts';
import { uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['gitea']);
const suite = parts.ready ? describe : describe.skip;

suite('records without their pull request on a real forge', () => {
  let scene: RecordScene;
  const repositoryOf: RecordScene['repositoryOf'] = (...asked) => scene.repositoryOf(...asked);
  const publish: RecordScene['publish'] = (...asked) => scene.publish(...asked);
  const api: RecordScene['api'] = (...asked) => scene.api(...asked);
  const pullsOf: RecordScene['pullsOf'] = (...asked) => scene.pullsOf(...asked);
  const contentOf: RecordScene['contentOf'] = (...asked) => scene.contentOf(...asked);

  beforeAll(async () => {
    scene = await setRecordScene();
  });

  describe('is refused with what to change', () => {
    test('to a token that may only read', async () => {
      const repository = await repositoryOf('read-only');
      const reader = await scene.forge.createUserToken({
        repository,
        access: 'read',
        scopes: readOnlyScopes,
      });
      expect(await publish(repository, green, { token: reader.token })).toMatchObject({
        ok: false,
        fault: { code: 'publish-not-allowed', hint: expect.stringContaining('contents: write') },
      });
    });

    test('where the repository has no pull requests: the record is on the branch, with the compare link', async () => {
      const repository = await repositoryOf('disabled');
      await api(repository, 'PATCH', '', { has_pull_requests: false });
      expect(await publish(repository, green)).toMatchObject({
        ok: true,
        branch,
        compare: `${scene.forge.url}/${repository.fullName}/compare/main...${branch}`,
        fault: { code: 'publish-no-pull-request', hint: expect.stringContaining('have them enabled') },
      });
      expect(await contentOf(repository, branch)).toBe(renderIncident(reportOf(green)));
    });

    test('to one who may push, but not see pull requests', async () => {
      const acme = uniqueName('acme');
      await scene.forge.call('POST', '/orgs', { username: acme });
      const made = await scene.forge.call('POST', `/orgs/${acme}/repos`, {
        name: 'shop',
        auto_init: true,
        private: true,
      });
      expect(made.status).toBe(201);
      const repository = { fullName: `${acme}/shop`, name: 'shop' };
      const pusher = await scene.forge.createUserToken();
      const team = await scene.forge.call('POST', `/orgs/${acme}/teams`, {
        name: 'pushers',
        permission: 'write',
        units_map: { 'repo.code': 'write' },
        includes_all_repositories: true,
      });
      const { id } = z.object({ id: z.number() }).parse(team.body);
      expect((await scene.forge.call('PUT', `/teams/${id}/members/${pusher.user}`)).status).toBe(204);
      expect(await publish(repository, green, { token: pusher.token })).toMatchObject({
        ok: true,
        branch,
        compare: expect.stringContaining(`/${acme}/shop/compare/`),
        fault: { code: 'publish-no-pull-request', hint: expect.stringContaining('pull-requests: write') },
      });
      expect(await contentOf(repository, branch)).toBe(renderIncident(reportOf(green)));
      expect(await pullsOf(repository)).toEqual([]);
    });
  });

  test('the compare link is a page where a person sees the record and can open one', async () => {
    const repository = await repositoryOf('compare', false);
    const opened = await publish(repository, green, {
      forge: (real) => ({ ...real, openPullRequest: async () => refusal }),
    });
    expect(opened).toMatchObject({
      ok: true,
      fault: { hint: expect.stringContaining('Allow GitHub Actions to create and approve pull requests') },
    });
    const page = await fetch(opened.ok ? (opened.compare ?? '') : '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('INC-2041.md');
  });

  test('a forge that dies between the branch and the pull request: the next run opens it', async () => {
    const own = await startForge();
    try {
      const repository = await own.createRepository('dies', { private: true });
      const report = reportOf(green);
      const real = createForge({
        apiUrl: own.apiUrl,
        token: own.adminToken,
        repository: repository.fullName,
      });
      const request = {
        report,
        markdown: renderIncident(report),
        records: { incidents: 'incidents', drills: 'drills' },
        as: 'pull-request' as const,
        redact: (text: string) => text,
        clock: systemClock,
        signal: new AbortController().signal,
      };
      let stopped = false;
      const dying: ForgePort = {
        ...real,
        openPullRequest: async (wish, limits) => {
          if (!stopped) for (const pid of own.pids) process.kill(pid, 'SIGSTOP');
          stopped = true;
          return await real.openPullRequest(wish, limits);
        },
      };
      const began = performance.now();
      const published = await publishRecord({ ...request, forge: dying });
      expect(performance.now() - began).toBeLessThan(45_000);
      expect(published).toMatchObject({
        ok: true,
        branch,
        compare: expect.stringContaining('/compare/'),
        fault: { code: 'publish-no-pull-request' },
      });
      for (const pid of own.pids) process.kill(pid, 'SIGCONT');
      expect(await publishRecord({ ...request, forge: real })).toMatchObject({
        ok: true,
        pullRequest: expect.stringMatching(/\/pulls\/1$/),
        fault: undefined,
      });
      const { body } = await own.call('GET', `/repos/${repository.fullName}/pulls?state=all`);
      expect(pullList.parse(body)).toHaveLength(1);
    } finally {
      await own.stop();
    }
    expect(
      await publish({ fullName: 'platform/dies', name: 'dies' }, green, {
        forge: () => createForge({ apiUrl: own.apiUrl, token: 'x', repository: 'platform/dies' }),
      }),
    ).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
  }, 120_000);
});

/** GitHub's words; Gitea has no such setting. */
const refusal = {
  ok: false as const,
  fault: {
    status: 403,
    message:
      'GitHub Actions is not permitted to create or approve pull requests. - https://docs.github.com/rest/pulls/pulls#create-a-pull-request',
    retryAfterMs: undefined,
    location: undefined,
  },
};
