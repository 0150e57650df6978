// The one command that a rollback runs, as argv, for both Helm majors.

import { describe, expect, test } from '@jest/globals';
import type { HelmRelease } from '../../../src/components/helm/release-store.ts';
import {
  helmMajor,
  type RollbackCommand,
  type RollbackOptions,
  rollbackArgv,
  rollbackOperation,
} from '../../../src/components/helm/rollback-command.ts';
import type { CommandOutcome } from '../../../src/ports.ts';
import { sampleRevision } from './sample-revisions.ts';

const usual: RollbackOptions = {
  hooks: true,
  cleanupOnFail: false,
  forceConflicts: false,
  forceReplace: false,
  historyMax: undefined,
  timeoutMs: 300_000,
};

function releaseOf(count: number, storage: HelmRelease['storage'] = 'secret'): HelmRelease {
  const [newest, ...older] = Array.from({ length: count }, (_, index) =>
    sampleRevision({ revision: count - index }),
  );
  if (newest === undefined) throw new Error('a release has a revision');
  return { name: 'shop-api', namespace: 'shop', storage, revisions: [newest, ...older] };
}

function command(options: Partial<RollbackOptions>, more: Partial<RollbackCommand> = {}): RollbackCommand {
  return {
    release: releaseOf(3),
    target: sampleRevision({ revision: 2 }),
    major: 4,
    helmFlags: ['--kube-context=eu-1'],
    options: { ...usual, ...options },
    ...more,
  };
}

const base = 'helm rollback shop-api 2 --namespace shop --kube-context=eu-1 --wait --timeout 300s';
const ssa = sampleRevision({ revision: 2, applyMethod: 'ssa' });

describe('the argv', () => {
  test.each<[string, RollbackCommand, string]>([
    ['always names the revision and waits', command({}), base],
    ['skips hooks when asked to', command({ hooks: false }), `${base} --no-hooks`],
    ['cleans up when asked to', command({ cleanupOnFail: true }), `${base} --cleanup-on-fail`],
    ['keeps as many revisions as asked', command({ historyMax: 5 }), `${base} --history-max 5`],
    [
      'never prunes in an incident what is still there',
      command({}, { release: releaseOf(25) }),
      `${base} --history-max 26`,
    ],
    [
      'forces conflicts where Helm 4 applies by server',
      command({ forceConflicts: true }, { target: ssa }),
      `${base} --force-conflicts`,
    ],
    [
      'does not where the revision came the client’s way, for Helm 4 refuses that',
      command({ forceConflicts: true }),
      base,
    ],
    [
      'nor with Helm 3, which has no such flag',
      command({ forceConflicts: true }, { target: ssa, major: 3 }),
      base,
    ],
    ['replaces with Helm 3', command({ forceReplace: true }, { major: 3 }), `${base} --force`],
    [
      'replaces with Helm 4, which must not apply by server then',
      command({ forceReplace: true, forceConflicts: true }, { target: ssa }),
      `${base} --force-replace --server-side=false`,
    ],
    ['rounds a timeout up to seconds', command({ timeoutMs: 1500 }), base.replace('300s', '2s')],
  ])('%s', (_name, given, expected) => {
    expect(rollbackArgv(given).join(' ')).toBe(expected);
  });
});

test('the operation says where the records lie only if that is not the default', () => {
  const environmentOf = (storage: HelmRelease['storage']): unknown => {
    const { act } = rollbackOperation(command({}, { release: releaseOf(3, storage) }));
    return act.type === 'command' ? act.command.env : 'no command';
  };
  expect(environmentOf('secret')).toBeUndefined();
  expect(environmentOf('configmap')).toEqual({ HELM_DRIVER: 'configmap' });
});

test('the deadline has room for every hook', () => {
  const hook = { name: 'h', kind: 'Job', manifest: '', events: ['pre-rollback'] };
  const target = sampleRevision({ revision: 2, hooks: [hook, { ...hook, events: ['pre-upgrade'] }] });
  expect(rollbackOperation(command({}, { target })).deadlineMs).toBe(630_000);
  expect(rollbackOperation(command({ hooks: false }, { target })).deadlineMs).toBe(330_000);
});

describe('the major version of Helm', () => {
  const answer = (said: string, exitCode = 0): Promise<unknown> => {
    const outcome: CommandOutcome = {
      ended: 'exited',
      exitCode,
      status: undefined,
      signal: undefined,
      raw: Buffer.from(said),
      stdout: said,
      stderr: exitCode === 0 ? '' : said,
      durationMs: 1,
    };
    return helmMajor({
      read: (argv) => {
        expect(argv).toEqual(['helm', 'version', '--template', '{{.Version}}']);
        return Promise.resolve(outcome);
      },
    });
  };
  test('is 3 or 4', async () => {
    expect(await answer('v3.17.2')).toBe(3);
    expect(await answer('v4.1.4')).toBe(4);
  });
  test('is refused when it is neither', async () => {
    await expect(answer('v2.17.0')).rejects.toMatchObject({ code: 'tool-too-old' });
    await expect(answer('boom', 1)).rejects.toMatchObject({ code: 'tool-missing' });
  });
});
