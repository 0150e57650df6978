// The demo keeps what README promises: the shop is good again, the record is committed, everything is stopped, also
// after Ctrl-C, and without a cluster the part that needs only git and Node runs. Compiled, as `npm run demo` runs it.

import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';

const demo = resolve('lib/tools/demo/main.js');
const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24', 'gitea']);
const withParts = parts.ready ? describe : describe.skip;
const patience = 180_000;

type Ended = { readonly code: number | null; readonly text: string };

let temporary: string;
beforeAll(async () => {
  if (!existsSync(demo)) throw new Error('The demo is not compiled. Run: npm run build:tools');
  temporary = await mkdtemp(join(tmpdir(), 'rollback-plan-demo-test-'));
});
afterAll(async () => {
  await rm(temporary, { recursive: true, force: true });
});

/** Runs the demo in a temporary folder of its own, so that whatever it leaves can be found there. */
function run(
  options: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly onText?: (text: string, child: ChildProcessByStdio<null, Readable, Readable>) => void;
  } = {},
): Promise<Ended> {
  const { args = [], env = {}, onText } = options;
  const child = spawn(process.execPath, [demo, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      onText?.(text, child);
    });
  }
  return new Promise((done) => child.once('close', (code) => done({ code, text })));
}

/** Processes whose command line names our temporary folder: cluster, forge, action. */
function leftovers(): readonly string[] {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(temporary));
}

function outputFolder(text: string): string {
  return /The output stays in\n(\S+)/.exec(text)?.[1] ?? '';
}

describe('without a cluster', () => {
  test(
    'the configuration goes back on its branch, and the shop is well again',
    async () => {
      const { code, text } = await run({ args: ['--without-cluster'] });
      expect([code, text]).toEqual([0, expect.stringContaining('rolled-back, exit code 0')]);
      const clone = join(outputFolder(text), 'clone');
      const settings: unknown = JSON.parse(readFileSync(join(clone, 'config', 'shop.json'), 'utf8'));
      expect(settings).toMatchObject({ release: 'v1.1.0' });
      // A file that came with the bad release is gone, too.
      expect(readdirSync(join(clone, 'config')).sort()).toEqual(['banner.txt', 'shop.json']);
      expect(leftovers()).toEqual([]);
    },
    patience,
  );

  test(
    'a machine without Go and without a prebuilt cluster is told what to install',
    async () => {
      const tools = await mkdtemp(join(temporary, 'tools-'));
      for (const tool of ['git', 'sh', 'env', 'uname']) {
        const path = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
        execFileSync('ln', ['-s', path, join(tools, tool)]);
      }
      const env = { PATH: tools, ROLLBACK_PLAN_CACHE: join(temporary, 'cache'), KUBEBUILDER_ASSETS: '' };
      const { code, text } = await run({ env });
      expect(text).toContain('Install Go');
      expect(text).toContain('the part that needs only git and Node');
      expect([code, text]).toEqual([0, expect.stringContaining('rolled-back, exit code 0')]);
    },
    patience,
  );

  test('an option it does not know is refused', async () => {
    const { code, text } = await run({ args: ['--dry'] });
    expect([code, text]).toEqual([2, expect.stringContaining('Usage: npm run demo')]);
  });
});

withParts('on a cluster', () => {
  test(
    'the shop is good again, and a fresh clone holds the record',
    async () => {
      const { code, text } = await run();
      expect([code, text]).toEqual([0, expect.stringContaining('rolled-back, exit code 0')]);
      expect(text).toMatch(/incident: INC-\S+ rolled-back shop/);
      const folder = join(outputFolder(text), 'clone', 'incidents');
      const [record = '', ...others] = readdirSync(folder);
      expect(others).toEqual([]);
      expect(readFileSync(join(folder, record), 'utf8')).toContain('v1.2.0');
      // Paths and words of somebody else can't be folded; everything of ours fits.
      const tooLong = text.split('\n').filter((line) => line.length > 80 && !/[/{]\S{40}/.test(line));
      expect(tooLong).toEqual([]);
      expect(leftovers()).toEqual([]);
    },
    patience,
  );

  test(
    'Ctrl-C while the action runs ends everything, and the record says interrupted',
    async () => {
      let sent = false;
      const { code, text } = await run({
        onText(soFar, child) {
          if (sent || !soFar.includes('application/api:')) return;
          sent = true;
          child.kill('SIGINT');
        },
      });
      expect([code, text]).toEqual([130, expect.stringContaining('Everything is stopped')]);
      const runs = join(outputFolder(text), 'runner', 'rollback-plan');
      const [incident = ''] = readdirSync(runs);
      const result: unknown = JSON.parse(readFileSync(join(runs, incident, 'result.json'), 'utf8'));
      expect(result).toMatchObject({ outcome: 'interrupted', reason_code: 'cancelled' });
      expect(leftovers()).toEqual([]);
    },
    patience,
  );
});
