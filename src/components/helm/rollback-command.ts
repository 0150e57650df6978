// The one command that changes something: `helm rollback` to an explicit revision, with the flags that both majors
// understand, and those that only one of them has where the plan asks for them.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Operation } from '../../values/operation.ts';
import type { HelmRevision } from './release-record.ts';
import type { HelmRelease } from './release-store.ts';
import { rollbackHooks } from './rollback-notes.ts';

export type HelmMajor = 3 | 4;

export type RollbackOptions = {
  readonly hooks: boolean;
  readonly cleanupOnFail: boolean;
  readonly forceConflicts: boolean;
  readonly forceReplace: boolean;
  readonly historyMax: number | undefined;
  /** Helm's own limit, for each of its waits. */
  readonly timeoutMs: number;
};

export type RollbackCommand = {
  readonly release: HelmRelease;
  readonly target: HelmRevision;
  readonly major: HelmMajor;
  readonly helmFlags: readonly string[];
  readonly options: RollbackOptions;
};

/** `helm rollback` prunes history on its way; in an incident nothing that could be gone back to may vanish. */
const helmHistoryMax = 10;
/** For starting up, reading, applying: everything that Helm's timeout doesn't count. */
const graceMs = 30_000;

export function rollbackOperation(command: RollbackCommand): Operation {
  const { release, target } = command;
  return {
    id: `helm-rollback-${release.name}`,
    title: `roll ${release.name} back to revision ${target.revision}`,
    act: {
      type: 'command',
      command: {
        argv: rollbackArgv(command),
        // Without this a release in ConfigMaps would not be found by a runner that doesn't say so itself.
        ...(release.storage === 'configmap' ? { env: { HELM_DRIVER: 'configmap' } } : {}),
      },
    },
    mutates: true,
    retry: 'idempotent',
    deadlineMs: longestRunMs(command),
  };
}

/** The argv alone, for a table of what is asked and what comes out. */
export function rollbackArgv(command: RollbackCommand): readonly [string, ...string[]] {
  const { release, target, options, major } = command;
  const historyMax = options.historyMax ?? keepEverything(release);
  const replaces = options.forceReplace;
  return [
    'helm',
    'rollback',
    release.name,
    String(target.revision),
    '--namespace',
    release.namespace,
    ...command.helmFlags,
    '--wait',
    '--timeout',
    `${Math.ceil(options.timeoutMs / 1000)}s`,
    ...(options.hooks ? [] : ['--no-hooks']),
    ...(options.cleanupOnFail ? ['--cleanup-on-fail'] : []),
    ...(historyMax === undefined ? [] : ['--history-max', String(historyMax)]),
    ...(replaces && major === 3 ? ['--force'] : []),
    // Helm 4 refuses to replace by server-side apply, and to force conflicts without it.
    ...(replaces && major === 4 ? ['--force-replace', '--server-side=false'] : []),
    ...(forcesConflicts(command) ? ['--force-conflicts'] : []),
  ];
}

/** How this rollback puts objects to the server. Helm 4 does it the way the target revision was made. */
export function applyMethodOf(
  major: HelmMajor,
  target: HelmRevision,
  forceReplace: boolean,
): 'client' | 'server' {
  return major === 3 || forceReplace ? 'client' : target.applyMethod;
}

export function forcesConflicts({ options, major, target }: RollbackCommand): boolean {
  return options.forceConflicts && applyMethodOf(major, target, options.forceReplace) === 'server';
}

/** Each hook and the wait itself may take the whole timeout. */
export function longestRunMs({
  options,
  target,
}: {
  readonly options: Pick<RollbackOptions, 'hooks' | 'timeoutMs'>;
  readonly target: HelmRevision;
}): number {
  const hooks = options.hooks ? rollbackHooks(target).length : 0;
  return options.timeoutMs * (1 + hooks) + graceMs;
}

/** Which major version of Helm is on the PATH. Throws `tool-missing`, or `tool-too-old` for what is neither 3 nor 4. */
export async function helmMajor(context: Pick<KindContext, 'read'>): Promise<HelmMajor> {
  const outcome = await context.read(['helm', 'version', '--template', '{{.Version}}'], {
    deadlineMs: 20_000,
  });
  const said = outcome.raw.toString('utf8').trim();
  if (outcome.ended === 'exited' && outcome.exitCode === 0) {
    const major = /^v?(\d+)\./.exec(said)?.[1];
    if (major === '3') return 3;
    if (major === '4') return 4;
    throw new RollbackPlanError(
      'tool-too-old',
      `helm says that it is ${said || 'nothing'}; Helm 3 or 4 is needed`,
      {
        hint: 'Put Helm 3.14 or newer on the PATH of the job (on GitHub: azure/setup-helm).',
      },
    );
  }
  throw new RollbackPlanError('tool-missing', `helm version did not work: ${outcome.stderr.trim()}`, {
    hint: 'Put Helm 3.14 or newer on the PATH of the job (on GitHub: azure/setup-helm).',
  });
}

function keepEverything(release: HelmRelease): number | undefined {
  const count = release.revisions.length;
  return count >= helmHistoryMax ? count + 1 : undefined;
}
