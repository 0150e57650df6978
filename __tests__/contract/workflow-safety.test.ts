// The rules that keep workflows safe hold in every one that people get from us, those in the documents included.

import { describe, expect, test } from '@jest/globals';
import { blocksInDocuments, slug } from '../support/workflow-files.ts';
import { everything, readWorkflow, stepsOf } from '../support/workflow-shape.ts';

describe.each(everything)('%s is safe', (path, file) => {
  const content = readWorkflow(file);

  test('every job has its own rights and a limit, and the workflow itself has none', () => {
    expect(content.permissions).toEqual({});
    for (const { uses, 'timeout-minutes': limit } of Object.values(content.jobs))
      expect(limit === undefined).toBe(uses !== undefined);
  });

  test('no expression stands in the text of a script', () => {
    for (const { run = '' } of stepsOf(content)) expect(run).not.toContain('${{');
  });

  test('everything of others is pinned to a commit, with the version beside it', () => {
    for (const line of file.text.split('\n')) {
      const [, uses = ''] = /^\s*(?:- )?uses: (\S+)/.exec(line) ?? [];
      if (uses === '' || uses.startsWith('$/') || uses.startsWith(`${slug}/`) || uses.startsWith(`${slug}@`))
        continue;
      if (uses === './.github/actions/rollback-login') continue;
      expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/);
    }
  });

  test('one version of each action is used everywhere', () => {
    const all = [
      ...everything.map(([, { text }]) => text),
      ...blocksInDocuments().map(({ text }) => text),
    ].join('\n');
    const pins = new Map<string, Set<string>>();
    for (const [, name = '', pin = ''] of all.matchAll(/uses: ([\w.-]+\/[\w.-]+)@([0-9a-f]{40} # v[\d.]+)/g))
      pins.set(name, new Set([...(pins.get(name) ?? []), pin]));
    for (const [name, found] of pins) expect([name, [...found]]).toEqual([name, [expect.any(String)]]);
  });

  test('nothing that rolls back or deploys is cut off half-way', () => {
    if (path.endsWith('/ci.yml')) return;
    const groups = [
      content.concurrency,
      ...Object.values(content.jobs).map(({ concurrency }) => concurrency),
    ];
    for (const concurrency of groups) expect(concurrency?.['cancel-in-progress'] ?? false).toBe(false);
  });

  test('no secret is handed over wholesale', () => {
    expect(file.text).not.toMatch(/secrets: inherit|toJSON\(\s*secrets\s*\)/i);
  });
});
