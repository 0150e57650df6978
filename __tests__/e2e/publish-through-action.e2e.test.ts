// The whole way through the bundle with a real forge: a config tag goes back on a branch, what users are served is
// measured over HTTP, and the incident record is committed over the forge's API or comes as a pull request. Git, HTTP and the forge are real; no
// cluster is needed.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createRelay } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { type Forge, type Repository, readOnlyScopes } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import {
  type ActionOptions,
  type ActionRun,
  cancelAsRunner,
  runAction,
  verdictOf,
} from '../support/runner.ts';
import { untilJournalled } from '../support/scene.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const plan = (url: string): string => `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config/], tags: "v*", branch: main } }
verify:
  - { uses: http, with: { url: "${url}/health", expect: { status: 200 } }, within: 10s }
`;

/** The runner swallows the lines that tell it what to mask. */
function withoutMasks(log: string): string {
  return log.replace(/^::add-mask::.*$/gm, '');
}

describeReal('with a real forge', () => {
  let forge: Forge;
  let folder = '';
  let front: Server;
  let url = '';
  let repositories = 0;

  beforeAll(async () => {
    forge = await sharedForge();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
  });
  afterAll(async () => {
    await forge?.stop();
    front?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  type Scene = {
    readonly repository: Repository;
    readonly clone: string;
    readonly press: (
      inputs?: Readonly<Record<string, string>>,
      more?: { readonly apiUrl?: string; readonly started?: ActionOptions['started'] },
    ) => Promise<ActionRun>;
  };

  /** A repository with configuration v1, v2 and v3 (live, bad) on main, and a front that answers by what main holds. */
  async function scene(): Promise<Scene> {
    repositories += 1;
    const repository = await forge.createRepository(`shop-${repositories}`, { private: true });
    const clone = join(folder, `clone-${repositories}`);
    const git = (...args: readonly string[]): string =>
      execFileSync(
        'git',
        ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      );
    execFileSync('git', ['clone', '--quiet', forge.cloneUrl(repository), clone], { stdio: 'ignore' });
    await front?.close();
    front = createServer((_, response) => {
      git('fetch', '--quiet', 'origin');
      const bad = git('show', 'origin/main:config/app.txt').includes('bad');
      response.writeHead(bad ? 503 : 200).end(bad ? 'bad' : 'good');
    });
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
    const address = front.address();
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
    await writeFile(join(clone, 'rollback.yml'), plan(url));
    execFileSync('mkdir', ['-p', join(clone, 'config')]);
    for (const [tag, content] of [
      ['v1', 'one'],
      ['v2', 'two'],
      ['v3', 'bad three'],
    ] as const) {
      await writeFile(join(clone, 'config', 'app.txt'), `${content}\n`);
      if (tag === 'v3') await writeFile(join(clone, 'config', 'added-later.txt'), 'later\n');
      git('add', '-A');
      git('commit', '--quiet', '-m', tag);
      git('tag', tag);
    }
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
    return {
      repository,
      clone,
      press: (inputs = {}, { apiUrl = forge.apiUrl, started } = {}) =>
        runAction({
          ...(started === undefined ? {} : { started }),
          workspace: clone,
          inputs: {
            mode: 'rollback',
            plan: 'rollback.yml',
            to: 'previous',
            publish: 'commit',
            token: forge.adminToken,
            ...inputs,
          },
          env: {
            GITHUB_API_URL: apiUrl,
            GITHUB_SERVER_URL: forge.url,
            GITHUB_REPOSITORY: repository.fullName,
          },
        }),
    };
  }

  const entries = z.array(z.looseObject({ name: z.string() }));
  async function listing(repository: Repository, path: string): Promise<readonly string[]> {
    const { status, body } = await forge.call(
      'GET',
      `/repos/${repository.fullName}/contents/${path}?ref=main`,
    );
    return status === 200 ? entries.parse(body).map(({ name }) => name) : [];
  }

  test('the branch has the tag’s files again, users are served, and the record is committed', async () => {
    const { repository, press } = await scene();
    const run = await press({ reason: 'wrong prices | `everywhere`' });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(await listing(repository, 'config')).toEqual(['app.txt']);
    const path = run.outputs['incident-path'] ?? '';
    expect(path).toMatch(/^incidents\/INC-[\w-]+\.md$/);
    expect(await listing(repository, 'incidents')).toEqual([path.replace('incidents/', '')]);
    expect(withoutMasks(run.log)).not.toContain(forge.adminToken);

    const again = await press();
    expect(verdictOf(again)).toBe('already-there - exit 0');
    expect(await listing(repository, 'config')).toEqual(['app.txt']);
  });

  test('a forge that falls silent does not keep a cancelled run from its own records', async () => {
    const { press } = await scene();
    const real = new URL(forge.apiUrl);
    let silent = false;
    const relay = createRelay((client) => {
      const onward = connect(Number(real.port), real.hostname);
      client.on('data', (chunk: Buffer) => !silent && onward.write(chunk));
      onward.on('data', (chunk: Buffer) => !silent && client.write(chunk));
      client.on('error', () => undefined).on('close', () => onward.destroy());
      onward.on('error', () => undefined).on('close', () => !silent && client.destroy());
    });
    await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done));
    const { port } = relay.address() as AddressInfo;
    let ms = 0;
    const run = await press(
      {},
      {
        apiUrl: forge.apiUrl.replace(real.host, `127.0.0.1:${port}`),
        async started(child, temp) {
          await untilJournalled(temp, '"type":"intent"');
          silent = true;
          await untilJournalled(temp, '"type":"run-finished"');
          await sleep(1_000);
          const cancelled = performance.now();
          child.once('exit', () => {
            ms = performance.now() - cancelled;
          });
          await cancelAsRunner(child);
        },
      },
    );
    relay.close();
    process.stdout.write(
      `silent forge, cancelled while publishing: ${verdictOf(run)} after ${Math.round(ms)} ms\n`,
    );
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(run.summary).toContain('Record not published');
    expect(run.incident).not.toBe('');
    expect(ms).toBeLessThan(9_000);
  });

  const pulls = z.array(z.object({ html_url: z.string(), title: z.string(), body: z.string() }));
  async function pullsOf(repository: Repository): Promise<z.infer<typeof pulls>> {
    const { body } = await forge.call('GET', `/repos/${repository.fullName}/pulls?state=all`);
    return pulls.parse(body);
  }

  test('the record comes as a pull request, which the next run of the incident updates', async () => {
    const { repository, press } = await scene();
    const inputs = { publish: 'pull-request', incident: 'INC-7' };
    const run = await press({ ...inputs, to: 'config=v2' });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    const [opened] = await pullsOf(repository);
    expect(opened?.title).toMatch(/^incident INC-7: rolled-back shop to config v2/);
    expect(run.outputs['pull-request-url']).toBe(opened?.html_url);
    expect(run.outputs['incident-path']).toBe('incidents/INC-7.md');
    expect(await listing(repository, 'incidents')).toEqual([]);
    const published = run.journal.findLast((event) => event['type'] === 'published');
    expect(published).toMatchObject({
      ok: true,
      branch: 'rollback-plan/INC-7',
      pullRequest: opened?.html_url,
    });

    const again = await press({ ...inputs, to: 'config=v1', reason: 'v2 is bad, too' });
    expect(verdictOf(again)).toBe('rolled-back - exit 0');
    expect(again.outputs['pull-request-url']).toBe(opened?.html_url);
    const updated = await pullsOf(repository);
    expect(updated).toHaveLength(1);
    expect(updated[0]?.title).toMatch(/^incident INC-7: rolled-back shop to config v1/);
    expect(updated[0]?.body).toContain('v2 is bad, too');
    expect(withoutMasks(again.log)).not.toContain(forge.adminToken);
  });

  test('where pull requests are off the run is as green as before, and the record is on its branch', async () => {
    const { repository, press } = await scene();
    await forge.call('PATCH', `/repos/${repository.fullName}`, { has_pull_requests: false });
    const run = await press({ publish: 'pull-request', incident: 'INC-8' });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(run.outputs['pull-request-url']).toBe('');
    expect(run.journal.findLast((event) => event['type'] === 'published')).toMatchObject({
      ok: true,
      compare: `${forge.url}/${repository.fullName}/compare/main...rollback-plan/INC-8`,
      fault: { code: 'publish-no-pull-request' },
    });
  });

  test('two runs racing for the branch both get their record in', async () => {
    const { repository, press } = await scene();
    // The lock would let only one of them act.
    const override = 'local-journal';
    const runs = await Promise.all([
      press({ to: 'config=v1', incident: 'race-a', override }),
      press({ to: 'config=v2', incident: 'race-b', override }),
    ]);
    for (const run of runs) {
      const published = run.journal.findLast((event) => event['type'] === 'published');
      // The loser of the race for the configuration may be refused by the lease; its record is committed all the same.
      expect(published).toMatchObject({ ok: true });
    }
    expect(await listing(repository, 'incidents')).toEqual(
      expect.arrayContaining(['race-a.md', 'race-b.md']),
    );
  });

  test('a token that may not write changes neither the verdict nor the exit code, and says what to set', async () => {
    const { repository, press } = await scene();
    const { token } = await forge.createUserToken({ repository, scopes: readOnlyScopes, access: 'read' });
    const run = await press({ token });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(run.summary).toContain('permissions: { contents: write }');
    expect(await listing(repository, 'incidents')).toEqual([]);
    expect(withoutMasks(run.log)).not.toContain(token);
  });
});
