// Records as pull requests on a real forge: real branches, merges, protection, forks and races.

import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { systemClock } from '../../src/adapters/clock.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { continued, green, interrupted } from '../../tools/look/sample-journals.ts';
import type { Repository } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { branch, path, type RecordScene, setRecordScene } from '../support/record-scene.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['gitea']);
const suite = parts.ready ? describe : describe.skip;

suite('records as pull requests on a real forge', () => {
  let scene: RecordScene;
  const repositoryOf: RecordScene['repositoryOf'] = (...asked) => scene.repositoryOf(...asked);
  const publish: RecordScene['publish'] = (...asked) => scene.publish(...asked);
  const api: RecordScene['api'] = (...asked) => scene.api(...asked);
  const pullsOf: RecordScene['pullsOf'] = (...asked) => scene.pullsOf(...asked);
  const contentOf: RecordScene['contentOf'] = (...asked) => scene.contentOf(...asked);

  beforeAll(async () => {
    scene = await setRecordScene();
  });

  /** As a person edits the file on the branch. */
  async function edit(repository: Repository, on: string, what: string, by: string): Promise<void> {
    const { body } = await api(repository, 'GET', `/contents/${path}?ref=${on}`);
    const { sha } = z.object({ sha: z.string() }).parse(body);
    const text = (await contentOf(repository, on)) ?? '';
    expect(text).toContain(what);
    const { status } = await api(repository, 'PUT', `/contents/${path}`, {
      branch: on,
      sha,
      content: Buffer.from(text.replace(what, by)).toString('base64'),
      message: 'what we know',
    });
    expect(status).toBe(200);
  }

  /** The forge checks for conflicts first and says "try again later" until it has. */
  async function merge(repository: Repository, number: number, how: 'merge' | 'squash'): Promise<void> {
    for (;;) {
      const { status } = await api(repository, 'POST', `/pulls/${number}/merge`, { Do: how });
      if (status === 200) return;
      expect(status).toBe(405);
      await systemClock.sleep(200);
    }
  }

  async function headOf(repository: Repository, name: string): Promise<string> {
    const { body } = await api(repository, 'GET', `/branches/${name}`);
    return z.object({ commit: z.object({ id: z.string() }) }).parse(body).commit.id;
  }

  /** What `head` has that `base` has not, commit by commit. */
  async function ahead(repository: Repository, base: string, head: string): Promise<number> {
    const { body } = await api(repository, 'GET', `/compare/${base}...${head}`);
    return z.object({ total_commits: z.number() }).parse(body).total_commits;
  }

  test('the first run opens one, the next updates it and keeps what people wrote', async () => {
    const repository = await repositoryOf('update');
    const first = await publish(repository, interrupted);
    const [opened] = await pullsOf(repository);
    expect(first).toMatchObject({
      ok: true,
      path,
      branch,
      changed: true,
      pullRequest: opened?.html_url,
      fault: undefined,
    });
    expect(opened).toMatchObject({
      state: 'open',
      title: expect.stringMatching(/^incident INC-2041: interrupted /),
    });
    expect(opened?.body).toContain('where it says TODO: Impact, Root cause');
    expect(await contentOf(repository, 'main')).toBeUndefined();

    await edit(repository, branch, '**TODO**: written by people', 'a selector changed: written by people');
    const second = await publish(repository, continued);
    expect(second).toMatchObject({ ok: true, changed: true, pullRequest: opened?.html_url });
    const pulls = await pullsOf(repository);
    expect(pulls).toHaveLength(1);
    expect(pulls[0]?.title).toMatch(/^incident INC-2041: rolled-back checkout to /);
    expect(pulls[0]?.body).toContain('checkout is back');
    expect(pulls[0]?.body).not.toContain('Root cause,');
    const text = (await contentOf(repository, branch)) ?? '';
    expect(text).toContain('a selector changed');
    expect(text).toContain('outcome: "rolled-back"');

    expect(await publish(repository, continued)).toMatchObject({
      ok: true,
      changed: false,
      fault: undefined,
    });
    expect(await pullsOf(repository)).toEqual(pulls);
  });

  test.each(['merge', 'squash'] as const)(
    'after a %s the next run starts the branch again from the base and opens the next',
    async (how) => {
      const repository = await repositoryOf(how);
      await publish(repository, interrupted);
      await merge(repository, 1, how);
      await edit(repository, 'main', '**TODO**: written by people', 'found it: written by people');
      expect(await publish(repository, interrupted)).toMatchObject({
        ok: true,
        changed: false,
        branch: 'main',
      });
      expect(await pullsOf(repository)).toHaveLength(1);

      const next = await publish(repository, continued);
      const [second] = await pullsOf(repository);
      expect(second).toMatchObject({ number: 2, state: 'open' });
      expect(next).toMatchObject({ ok: true, pullRequest: second?.html_url, fault: undefined });
      expect(await ahead(repository, 'main', branch)).toBe(1);
      expect(await contentOf(repository, branch)).toContain('found it');
      await merge(repository, 2, how);
      expect(await contentOf(repository, 'main')).toContain('outcome: "rolled-back"');
    },
  );

  test('a branch that the merge removed is made again', async () => {
    const repository = await repositoryOf('removed');
    await publish(repository, interrupted);
    await merge(repository, 1, 'squash');
    await api(repository, 'DELETE', `/branches/${branch}`);
    expect(await publish(repository, continued)).toMatchObject({ ok: true, fault: undefined });
    expect(await pullsOf(repository)).toMatchObject([
      { number: 2, state: 'open' },
      { number: 1, merged: true },
    ]);
  });

  test('commits that people pushed after the merge stay on the branch', async () => {
    const repository = await repositoryOf('pushed');
    await publish(repository, interrupted);
    await merge(repository, 1, 'squash');
    await edit(
      repository,
      branch,
      '**TODO**: written by people',
      'too late for the merge: written by people',
    );
    const theirs = await headOf(repository, branch);
    expect(await publish(repository, continued)).toMatchObject({ ok: true });
    expect(await contentOf(repository, branch)).toContain('too late for the merge');
    expect(await ahead(repository, theirs, branch)).toBe(1);
    expect(await pullsOf(repository)).toHaveLength(2);
  });

  test('one that a person closed stays closed; the record is on its branch and the run says where', async () => {
    const repository = await repositoryOf('closed');
    await publish(repository, interrupted);
    await api(repository, 'PATCH', '/pulls/1', { state: 'closed' });
    const [closed] = await pullsOf(repository);
    expect(await publish(repository, continued)).toMatchObject({
      ok: true,
      branch,
      pullRequest: closed?.html_url,
      fault: { code: 'publish-no-pull-request', hint: expect.stringContaining(closed?.html_url ?? '-') },
    });
    expect(await pullsOf(repository)).toMatchObject([{ number: 1, state: 'closed', merged: false }]);
    expect(await contentOf(repository, branch)).toContain('outcome: "rolled-back"');
  });

  test('a commit to a protected branch becomes one, and says why', async () => {
    const repository = await repositoryOf('protected');
    await scene.forge.protectBranch(repository, 'main');
    const published = await publish(repository, green, { as: 'commit' });
    const [opened] = await pullsOf(repository);
    expect(published).toMatchObject({
      ok: true,
      branch,
      pullRequest: opened?.html_url,
      fault: { code: 'publish-protected', message: expect.stringContaining('branch main') },
    });
    expect(await contentOf(repository, 'main')).toBeUndefined();
    expect(await contentOf(repository, branch)).toBe(renderIncident(reportOf(green)));
  });

  test('into a branch for records that is not there yet', async () => {
    const repository = await repositoryOf('own-branch');
    expect(await publish(repository, green, { branch: 'incidents' })).toMatchObject({
      ok: true,
      fault: undefined,
    });
    const { body } = await api(repository, 'GET', '/pulls');
    expect(z.array(z.object({ base: z.object({ ref: z.string() }) })).parse(body)).toMatchObject([
      { base: { ref: 'incidents' } },
    ]);
  });

  test('two runs of one incident at once: one pull request, both runs in the record', async () => {
    const repository = await repositoryOf('race');
    const other = green.map((event) => ({ ...event, at: event.at.replace('T10:', 'T09:') }));
    const published = await Promise.all([publish(repository, green), publish(repository, other)]);
    const pulls = await pullsOf(repository);
    expect(pulls).toHaveLength(1);
    for (const one of published)
      expect(one).toMatchObject({ ok: true, pullRequest: pulls[0]?.html_url, fault: undefined });
    const text = await contentOf(repository, branch);
    expect(text).toContain('| 2026-11-21T10:27:05.120Z |');
    expect(text).toContain('| 2026-11-21T09:27:05.120Z |');
  });

  test('a fork’s pull request from a branch of the same name is not ours', async () => {
    const repository = await repositoryOf('forked');
    const fork = await scene.forge.createUserToken({ repository, access: 'read' });
    const call = (method: string, route: string, body: unknown) =>
      scene.forge.call(method, route, body, fork.token);
    const made = await call('POST', `/repos/${repository.fullName}/forks`, {});
    const { full_name } = z.object({ full_name: z.string() }).parse(made.body);
    const written = await call('POST', `/repos/${full_name}/contents/x.md`, {
      new_branch: branch,
      branch: 'main',
      content: '',
      message: 'x',
    });
    expect(written.status).toBe(201);
    const pull = { head: `${fork.user}:${branch}`, base: 'main', title: 'theirs' };
    expect((await call('POST', `/repos/${repository.fullName}/pulls`, pull)).status).toBe(201);

    expect(await publish(repository, green)).toMatchObject({ ok: true, fault: undefined });
    expect(await pullsOf(repository)).toMatchObject([
      { number: 2, title: expect.stringContaining('incident INC-2041') },
      { number: 1, title: 'theirs' },
    ]);
  });

  test('is found behind a page full of others', async () => {
    const repository = await repositoryOf('pages');
    await publish(repository, interrupted);
    const main = await headOf(repository, 'main');
    for (let number = 0; number < 11; number += 1) {
      const made = { new_branch_name: `other-${number}`, old_ref_name: main };
      expect((await api(repository, 'POST', '/branches', made)).status).toBe(201);
      const other = { head: `other-${number}`, base: 'main', title: `${number}` };
      expect((await api(repository, 'POST', '/pulls', other)).status).toBe(201);
    }
    const published = await publish(repository, continued);
    expect(published).toMatchObject({ ok: true, pullRequest: expect.stringMatching(/\/pulls\/1$/) });
    const { body } = await api(repository, 'GET', '/pulls/1');
    expect(z.object({ title: z.string() }).parse(body).title).toContain('rolled-back');
  });
});
