// Puts the rollback of workloads together: one `kubectl rollout undo` for each revision number, and for StatefulSets
// that are stuck the deletion of exactly the broken pods.

import type { KindContext } from '../../ports.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import type { Operation, Prepared } from '../../values/operation.ts';
import type { PinnedChange } from '../../values/version.ts';
import { blockedPods } from './blocked-pods.ts';
import { requireUndoable } from './ownership.ts';
import type { WorkloadSettings } from './settings.ts';
import { undoNotes } from './undo-notes.ts';
import { previewUndo } from './undo-preview.ts';
import { type UndoTarget, undoTargets } from './undo-targets.ts';
import { readSettledStates } from './workload-state.ts';

/** A server that never answers must not cost more before the kind looks whether it was done. */
const commandMs = 20_000;
/** A pod that is deleted before its controller has seen the template would come back broken. */
const controllerMs = 2_000;

export async function prepareUndo(
  context: KindContext,
  settings: WorkloadSettings,
  change: PinnedChange,
): Promise<Prepared> {
  const states = await readSettledStates(context, settings);
  requireUndoable(states, context.cluster.namespace);
  const targets = undoTargets(states, change);
  const moving = targets.filter(({ state, revision }) => revision.template.digest !== state.template.digest);
  const previews = await Promise.all(moving.map((target) => previewUndo(context, target)));
  const stuck = targets.flatMap(stuckPods);
  const operations = [
    ...undoOperations(moving, context.cluster.kubectlFlags),
    ...deleteOperations(stuck, context.cluster.kubectlFlags, moving.length > 0),
  ];
  return {
    operations,
    preview: [
      ...previews.map(({ text }) => text),
      ...stuck.map(({ pods }) => pods.map((pod) => `delete pod/${pod}\n`).join('')),
    ].join(''),
    objects: targets.map(objectAfter),
    refusals: previews.flatMap(({ refusal }) => refusal ?? []),
    notes: [
      ...(await undoNotes(context, moving)),
      ...stuck.map(
        ({ target, pods }) =>
          `${target.state.name} starts its pods one after the other and would wait for ever for ${pods.join(', ')}, which can't become ready: deleted, so that the template put back reaches ${pods.length === 1 ? 'it' : 'them'}`,
      ),
      ...(operations.length === 0
        ? [
            'the template is live already: kubectl would skip the rollback, and what is wrong is not the template',
          ]
        : []),
    ],
  };
}

/** The workload with the template that it goes to; all else an undo leaves as it is. */
export function objectAfter({ state, revision }: UndoTarget): JsonObject {
  const { live, reference } = state;
  const { status: _status, spec, metadata, ...rest } = live;
  const { managedFields: _managed, ...own } = isJsonObject(metadata) ? metadata : {};
  return {
    ...rest,
    // Items of a list come without these two.
    apiVersion: 'apps/v1',
    kind: reference.kind,
    metadata: own,
    spec: { ...(isJsonObject(spec) ? spec : {}), template: revision.template.content },
  };
}

/** One call for all workloads that go to the same number. */
export function undoOperations(
  targets: readonly UndoTarget[],
  kubectlFlags: readonly string[],
): readonly Operation[] {
  const numbers = [...new Set(targets.map(({ revision }) => revision.number))];
  return numbers.map((number) => {
    const group = targets.filter(({ revision }) => revision.number === number);
    const names = group.map(({ state }) => state.name);
    return operation(`undo-${names.join('-').replaceAll('/', '-')}`, {
      title: `roll ${names.join(' and ')} back to revision ${number}`,
      argv: [
        ...(['kubectl', 'rollout', 'undo'] as const),
        ...names,
        `--to-revision=${number}`,
        ...placeOf(group),
        ...kubectlFlags,
      ],
    });
  });
}

type StuckPods = { readonly target: UndoTarget; readonly pods: readonly string[] };

function stuckPods(target: UndoTarget): readonly StuckPods[] {
  const pods = blockedPods(target.state, target.revision.objectName);
  return pods.length === 0 ? [] : [{ target, pods }];
}

function deleteOperations(
  stuck: readonly StuckPods[],
  kubectlFlags: readonly string[],
  afterUndo: boolean,
): readonly Operation[] {
  if (stuck.length === 0) return [];
  const wait: Operation = {
    id: 'await-controller',
    title: 'give the controller time to see the template before pods are deleted',
    act: { type: 'wait', milliseconds: controllerMs },
    mutates: false,
    retry: 'read',
    deadlineMs: 2 * controllerMs,
  };
  return [
    ...(afterUndo ? [wait] : []),
    ...stuck.map(({ target, pods }) =>
      operation(`delete-pods-${target.state.name.replace('/', '-')}`, {
        title: `delete the broken ${pods.length === 1 ? 'pod' : 'pods'} ${pods.join(', ')}`,
        argv: [
          ...(['kubectl', 'delete', 'pod'] as const),
          ...pods,
          ...['--wait=false', '--ignore-not-found'],
          ...placeOf([target]),
          ...kubectlFlags,
        ],
      }),
    ),
  ];
}

/** All workloads of a component are in one namespace. */
function placeOf(targets: readonly UndoTarget[]): readonly string[] {
  return targets.slice(0, 1).map(({ state }) => `--namespace=${state.reference.namespace}`);
}

function operation(
  id: string,
  { title, argv }: { readonly title: string; readonly argv: readonly [string, ...string[]] },
): Operation {
  return {
    id,
    title,
    act: { type: 'command', command: { argv } },
    mutates: true,
    // Repeated after it happened, kubectl finds the number gone; the probe sees the content and ends the matter.
    retry: 'idempotent',
    deadlineMs: commandMs,
  };
}
