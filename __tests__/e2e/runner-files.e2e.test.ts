// The runner's own files are not there, or can't be written: the verdict stands, and no stack trace is shown. No
// cluster is needed: a plan that only runs a script shows it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { runAction, verdictOf } from '../support/runner.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('the bundle without a cluster', () => {
  let workspace = '';
  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'rollback-plan-files-'));
    await writeFile(
      join(workspace, 'rollback.yml'),
      'version: 1\nservice: shop\ncomponents:\n  config: { uses: config-tag, with: { paths: [config], tags: "v*", branch: main } }\nphases:\n  - name: go\n    steps: [{ run: "seq 1 400000; echo last" }]\n',
    );
  });
  afterAll(() => rm(workspace, { recursive: true, force: true }));

  const inputs = { mode: 'rollback', plan: 'rollback.yml', to: 'previous' };

  test('steps alone, with nothing measured, end inconclusive, and a flood of output is bounded in the log', async () => {
    const run = await runAction({ workspace, inputs });
    expect(verdictOf(run)).toBe('inconclusive check-inconclusive exit 1');
    expect(run.log.length).toBeLessThan(4_000_000);
    expect(run.log).toContain('more output follows');
    expect(JSON.stringify(run.journal)).toContain('last');
  });

  test.each([
    ['no step summary', { GITHUB_STEP_SUMMARY: '' }],
    ['a summary in a folder that is not there', { GITHUB_STEP_SUMMARY: '/nonexistent/summary' }],
  ])('%s changes neither the verdict nor the outputs', async (_, env) => {
    const run = await runAction({ workspace, inputs, env });
    expect(verdictOf(run)).toBe('inconclusive check-inconclusive exit 1');
    expect(run.log).not.toMatch(/^\s+at .*\(/m);
  });

  test('outputs that can not be written leave the verdict and the records', async () => {
    const run = await runAction({ workspace, inputs, env: { GITHUB_OUTPUT: '/nonexistent/output' } });
    expect([run.code, run.summary.includes('nothing was measured')]).toEqual([1, true]);
    expect(run.log).not.toMatch(/^\s+at .*\(/m);
  });

  test('a second run of one incident keeps the record of the first', async () => {
    const first = await runAction({
      workspace,
      inputs: { ...inputs, incident: 'same' },
      env: { RUNNER_TEMP: workspace },
    });
    const second = await runAction({
      workspace,
      inputs: { ...inputs, incident: 'same' },
      env: { RUNNER_TEMP: workspace },
    });
    expect(second.outputs['result']).not.toBe(first.outputs['result']);
    expect(await readFile(first.outputs['result'] ?? '', 'utf8')).toContain('"inconclusive"');
  });
});
