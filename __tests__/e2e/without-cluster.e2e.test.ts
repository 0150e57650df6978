// A target that has no cluster: the lock and the journal are refs of the git remote, so that of two presses one acts, and
// a press after kill -9 goes on where the first one was.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionOptions, type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { untilJournalled } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('a target without a cluster', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-git-only-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const git = (where: string, ...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', where, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );

  type Scene = {
    readonly remote: string;
    readonly press: (
      clone: string,
      started?: ActionOptions['started'],
      override?: string,
    ) => Promise<ActionRun>;
    /** A checkout of its own, as every job has one. */
    readonly checkOut: () => Promise<string>;
    readonly count: () => Promise<number>;
  };

  async function scene(): Promise<Scene> {
    const own = await mkdtemp(join(folder, 'scene-'));
    const remote = join(own, 'remote.git');
    const first = join(own, 'first');
    const counted = join(own, 'count');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    execFileSync('git', ['clone', '--quiet', remote, first], { stdio: 'ignore' });
    await mkdir(join(first, 'config'));
    for (const tag of ['v1', 'v2']) {
      await writeFile(join(first, 'config', 'app.txt'), `${tag}\n`);
      await writeFile(
        join(first, 'rollback.yml'),
        `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config], tags: "v*", branch: main } }
phases:
  - name: back
    steps:
      - { name: slow, run: "echo x >> ${counted}; sleep 3" }
      - { rollback: config }
verify: []
`,
      );
      git(first, 'add', '-A');
      git(first, 'commit', '--quiet', '--message', tag);
      git(first, 'tag', tag);
    }
    git(first, 'push', '--quiet', 'origin', 'HEAD:main', '--tags');
    let clones = 0;
    return {
      remote,
      async checkOut() {
        clones += 1;
        const clone = join(own, `clone-${clones}`);
        execFileSync('git', ['clone', '--quiet', remote, clone], { stdio: 'ignore' });
        return clone;
      },
      press: (workspace, started, override = '') =>
        runAction({
          inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', override },
          workspace,
          kubeconfig: join(own, 'there-is-none'),
          ...(started === undefined ? {} : { started }),
        }),
      count: async () => (await readFile(counted, 'utf8').catch(() => '')).split('\n').length - 1,
    };
  }
  const live = (remote: string): string => git(remote, 'show', 'main:config/app.txt').trim();

  test('after kill -9 the next press, from another checkout, goes on, and asks what nobody knows', async () => {
    const { remote, press, checkOut, count } = await scene();
    await press(await checkOut(), async (child, temp) => {
      await untilJournalled(temp, '"type":"intent"');
      await sleep(500);
      child.kill('SIGKILL');
    });
    expect([live(remote), await count()]).toEqual(['v2', 1]);
    expect(git(remote, 'for-each-ref', '--format=%(refname)', 'refs/rollback-plan')).toBe(
      'refs/rollback-plan/shop/default/journal\nrefs/rollback-plan/shop/default/lock\n',
    );
    const asked = await press(await checkOut());
    expect(verdictOf(asked)).toBe('refused step-undecided exit 1');
    const run = await press(await checkOut(), undefined, 'skip-step:back/slow');
    expect([verdictOf(run), live(remote), await count()]).toEqual(['rolled-back - exit 0', 'v1', 1]);
  });

  test('of two presses at once one acts; the other is refused with the holder, or finds it done', async () => {
    const { remote, press, checkOut, count } = await scene();
    const runs = await Promise.all([press(await checkOut()), press(await checkOut())]);
    const [other, acted] = runs.map(verdictOf).sort();
    expect(['refused locked exit 1', 'already-there - exit 0']).toContain(other);
    expect([acted, live(remote), await count()]).toEqual(['rolled-back - exit 0', 'v1', 1]);
  });
});
