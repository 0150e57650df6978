// The comment about a watch on a real forge: one, edited in place, also by the next run; on the pull request that the
// event names, or that brought the commit.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { type Forge, type Repository, readOnlyScopes } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { sharedForge, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;
const marker = '<!-- rollback-plan:watch:shop:default -->';

describeReal('the comment about a watch', () => {
  let forge: Forge;
  let folder = '';
  let front: Server;
  let repository: Repository;
  let clone = '';
  let pull = 0;

  const comments = z.array(
    z.object({ body: z.string(), user: z.object({ login: z.string() }), updated_at: z.string() }),
  );
  const api = (method: string, route: string, body?: unknown, token?: string): ReturnType<Forge['call']> =>
    forge.call(method, `/repos/${repository.fullName}${route}`, body, token);
  const said = async (): Promise<z.infer<typeof comments>> =>
    comments.parse((await api('GET', `/issues/${pull}/comments`)).body);
  const git = (...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  const watch = (
    env: Readonly<Record<string, string>>,
    token: string = forge.adminToken,
  ): Promise<ActionRun> =>
    runAction({
      workspace: clone,
      inputs: { mode: 'verify', plan: 'rollback.yml', window: '2s', publish: 'none', token },
      env: {
        GITHUB_API_URL: forge.apiUrl,
        GITHUB_SERVER_URL: forge.url,
        GITHUB_REPOSITORY: repository.fullName,
        ...env,
      },
    });

  beforeAll(async () => {
    forge = await sharedForge();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
    repository = await forge.createRepository(uniqueName('watched'), { private: true });
    clone = join(folder, 'clone');
    execFileSync('git', ['clone', '--quiet', forge.cloneUrl(repository), clone], { stdio: 'ignore' });
    front = createServer((_, response) => response.end('good'));
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
    const address = front.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await writeFile(
      join(clone, 'rollback.yml'),
      `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config/], tags: "v*", branch: main } }
verify:
  - { uses: http, with: { url: "http://127.0.0.1:${port}/", expect: { status: 200 } } }
watch: { comment: pull-request }
`,
    );
    execFileSync('mkdir', ['-p', join(clone, 'config')]);
    await writeFile(join(clone, 'config', 'app.txt'), 'one\n');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'v1');
    git('tag', 'v1');
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
    await writeFile(join(clone, 'notes.txt'), 'a feature\n');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'feature');
    git('push', '--quiet', 'origin', 'HEAD:feature');
    const opened = await api('POST', '/pulls', { head: 'feature', base: 'main', title: 'feature' });
    pull = z.object({ number: z.number() }).parse(opened.body).number;
    await writeFile(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: pull } }));
  });
  afterAll(async () => {
    await forge?.stop();
    front?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  test('is made once, is edited by the next run, and is never somebody else’s', async () => {
    const other = await forge.createUserToken();
    await api('PUT', `/collaborators/${other.user}`, { permission: 'write' });
    const theirs = `${marker}\nI only quote it`;
    await api('POST', `/issues/${pull}/comments`, { body: theirs }, other.token);

    const first = await watch({ GITHUB_EVENT_PATH: join(folder, 'event.json') });
    expect(verdictOf(first)).toBe('verified - exit 0');
    expect(first.log).not.toContain('could not be kept');
    const [quoted, ours, ...rest] = await said();
    expect([quoted?.body, rest]).toEqual([theirs, []]);
    expect(ours?.body.split('\n')[0]).toBe(marker);
    expect(ours?.body).toContain('Verified: shop stayed healthy');
    const incident = first.outputs['incident'] ?? '';
    expect(ours?.body).toContain(incident);

    const second = await watch({ GITHUB_EVENT_PATH: join(folder, 'event.json') });
    const after = await said();
    expect(after.map(({ user }) => user.login)).toEqual([quoted?.user.login, ours?.user.login]);
    expect(after[1]?.body).toContain(second.outputs['incident']);
    expect(after[1]?.body).not.toContain(incident);
  });

  test('is on the pull request that brought the commit, where the event names none', async () => {
    const before = (await said()).length;
    await api('POST', `/pulls/${pull}/merge`, { Do: 'merge' });
    git('fetch', '--quiet', 'origin');
    const run = await watch({ GITHUB_SHA: git('rev-parse', 'origin/main').trim() });
    const after = await said();
    expect(after).toHaveLength(before);
    expect(after.at(-1)?.body).toContain(run.outputs['incident']);
  });

  test('that can’t be kept is a note, and the verdict stands', async () => {
    const none = await watch({ GITHUB_SHA: git('rev-parse', 'v1').trim() });
    expect(verdictOf(none)).toBe('verified - exit 0');
    expect(none.summary).toContain('no pull request brought commit');
    const reader = await forge.createUserToken({ scopes: readOnlyScopes });
    await api('PUT', `/collaborators/${reader.user}`, { permission: 'read' });
    const refused = await watch({ GITHUB_EVENT_PATH: join(folder, 'event.json') }, reader.token);
    expect(verdictOf(refused)).toBe('verified - exit 0');
    expect(refused.summary).toContain('pull-requests: write');
  });
});
