// A tool is asked for its version once in a run; whatever else it is asked for, and whatever failed, is asked anew.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withKnownVersions } from '../../src/adapters/known-versions.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import type { Processes } from '../../src/ports.ts';

let folder = '';
let processes: Processes;
let asked: () => readonly string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollback-plan-test-'));
  const log = join(folder, 'asked');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'tool'), `#!/bin/sh\necho "$*" >> ${log}\necho v1.2.3\n[ "$2" != broken ]\n`, {
    mode: 0o755,
  });
  processes = withKnownVersions(
    createProcesses({
      environment: { PATH: process.env['PATH'] },
      workspace: folder,
      redact: (text) => text,
    }),
  );
  asked = () => readFileSync(log, 'utf8').split('\n').slice(0, -1);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = async (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> => {
  const command = { argv: [join(folder, 'tool'), ...args] as const, ...(env === undefined ? {} : { env }) };
  return (await processes.run(command, { deadlineMs: 10_000 })).stdout.trim();
};

test.each([[['version', '--client']], [['--version']]])('%j is asked once', async (args) => {
  expect([await run(args), await run(args)]).toEqual(['v1.2.3', 'v1.2.3']);
  expect(asked()).toEqual([args.join(' ')]);
});

test.each([
  ['another command', ['get', 'version']],
  ['a version that could not be told', ['version', 'broken']],
  ['more than a version', ['--version', 'all']],
])('%s is asked anew', async (_, args) => {
  await run(args);
  await run(args);
  expect(asked()).toHaveLength(2);
});

test('another environment may find another tool', async () => {
  await run(['version'], { HELM_DRIVER: 'configmap' });
  await run(['version'], { HELM_DRIVER: 'configmap' });
  await run(['version']);
  expect(asked()).toHaveLength(3);
});
