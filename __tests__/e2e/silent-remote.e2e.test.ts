// A git remote that falls silent, where lock and journal are kept in it: the run ends, and one that is cancelled meanwhile
// has written its record before the runner kills it.

import { type ChildProcess, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, cancelAsRunner, runAction, verdictOf } from '../support/runner.ts';
import { untilJournalled } from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('a git remote that falls silent', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-silent-remote-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const git = (where: string, ...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', where, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );

  /** The remote answers until there is a file `silent` beside it. */
  async function press(
    started: (child: ChildProcess, temp: string, fallSilent: () => Promise<void>) => Promise<void>,
  ): Promise<ActionRun> {
    const own = await mkdtemp(join(folder, 'scene-'));
    const remote = join(own, 'remote.git');
    const clone = join(own, 'clone');
    const silent = join(own, 'silent');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    execFileSync('git', ['clone', '--quiet', remote, clone], { stdio: 'ignore' });
    await mkdir(join(clone, 'config'));
    await writeFile(
      join(clone, 'rollback.yml'),
      `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config], tags: "v*", branch: main } }
phases:
  - name: back
    steps:
      - { name: slow, run: "sleep 4" }
      - { rollback: config }
verify: []
`,
    );
    for (const tag of ['v1', 'v2']) {
      await writeFile(join(clone, 'config', 'app.txt'), `${tag}\n`);
      git(clone, 'add', '-A');
      git(clone, 'commit', '--quiet', '--message', tag);
      git(clone, 'tag', tag);
    }
    git(clone, 'push', '--quiet', 'origin', 'HEAD:main', '--tags');
    for (const pack of ['upload-pack', 'receive-pack']) {
      const script = join(own, pack);
      await writeFile(script, `#!/bin/sh\n[ -e ${silent} ] && exec sleep 600\nexec git ${pack} "$@"\n`);
      await chmod(script, 0o755);
      git(clone, 'config', `remote.origin.${pack.replace('-', '')}`, script);
    }
    return await runAction({
      inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous' },
      workspace: clone,
      kubeconfig: join(own, 'there-is-none'),
      started: (child, temp) => started(child, temp, () => writeFile(silent, '')),
    });
  }

  test('before the run has its lock: it ends and says what did not answer', async () => {
    const run = await press(async (_child, _temp, fallSilent) => await fallSilent());
    expect([run.outputs['outcome'], run.code]).toEqual(['refused', 1]);
    expect(run.summary).toMatch(/timed out/);
    expect(run.milliseconds).toBeLessThan(90_000);
  });

  test.each([
    ['before the run has its lock', 0, 2_000],
    ['while a step is at work', 1, 1_000],
  ] as const)(
    '%s, and the run is cancelled: its record is there before it is killed',
    async (_, intents, waitMs) => {
      let ended = 0;
      const run = await press(async (child, temp, fallSilent) => {
        if (intents > 0) await untilJournalled(temp, '"type":"intent"');
        if (intents > 0) await sleep(1_000);
        await fallSilent();
        await sleep(waitMs);
        ended = performance.now();
        child.once('exit', () => {
          ended = performance.now() - ended;
        });
        await cancelAsRunner(child);
      });
      process.stdout.write(`silent remote, cancelled: ${verdictOf(run)} after ${Math.round(ended)} ms\n`);
      expect([verdictOf(run), run.incident !== '', run.summary !== '']).toEqual([
        'interrupted cancelled exit 1',
        true,
        true,
      ]);
      expect(ended).toBeLessThan(9_000);
    },
  );
});
