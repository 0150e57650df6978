// Component kind `workload`: a Deployment, StatefulSet or DaemonSet, or several that are released together, taken back
// with `kubectl rollout undo` to an explicit revision. For workloads that Helm does not own.

import type { Requirement } from '../values/operation.ts';
import type { History, Reading } from '../values/version.ts';
import type { ComponentKind } from './component-kind.ts';
import { jointHistory, jointLiveVersion } from './workload/joint-versions.ts';
import { healthOf, probeWorkloads, verifyWorkloads } from './workload/outcome.ts';
import { requireUndoable } from './workload/ownership.ts';
import { referencesOf, settingsSchema, type WorkloadSettings } from './workload/settings.ts';
import { prepareUndo } from './workload/undo-preparation.ts';
import { historyOf, type LiveVersion, liveVersion } from './workload/versions.ts';
import { captureWorkloads } from './workload/workload-capture.ts';
import { readSettledStates, readStates, unrecorded, type WorkloadState } from './workload/workload-state.ts';

export const workload: ComponentKind<WorkloadSettings> = {
  name: 'workload',
  summary: 'A Deployment, StatefulSet or DaemonSet, or several, that go back to an earlier revision.',
  schema: settingsSchema,
  timeoutMs: 300_000,
  requires: requirements,

  async read(context, settings) {
    return readingOf(await readSettledStates(context, settings));
  },

  async history(context, settings): Promise<History> {
    const states = await readSettledStates(context, settings);
    // Asked first: what nobody may undo has nowhere to go, and the words to write instead matter more than a list.
    requireUndoable(states, context.cluster.namespace);
    const [only, ...others] = states;
    return only !== undefined && others.length === 0 ? historyOf(only) : jointHistory(states);
  },

  // Of several, what has one name is one version, whenever each of them got there.
  tellsWhatWasLive: (settings) => referencesOf(settings, '').length === 1,
  goTo: prepareUndo,
  capture: captureWorkloads,

  async probe(context, settings, change) {
    return probeWorkloads(await readStates(context, settings), change);
  },

  async verify(context, settings, change) {
    return verifyWorkloads(await readStates(context, settings), change);
  },
};

function readingOf(states: readonly WorkloadState[]): Reading {
  const { version, rolledBackTo, unfinished } = liveOf(states);
  const busy = states.flatMap((state) => unrecorded(state) ?? []);
  return {
    version,
    ...healthOf(states),
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(busy.length === 0 ? {} : { busy: busy.join('; ') }),
    facts: {
      workloads: states.map(({ name, current, template, spec, reference }) => ({
        workload: name,
        namespace: reference.namespace,
        revision: current?.number ?? null,
        images: template.images,
        replicas: spec.replicas ?? null,
      })),
    },
  };
}

function liveOf(states: readonly WorkloadState[]): LiveVersion {
  const [only, ...others] = states;
  return only !== undefined && others.length === 0 ? liveVersion(only) : jointLiveVersion(states);
}

function requirements(settings: WorkloadSettings): readonly Requirement[] {
  const place = settings.namespace === undefined ? {} : { namespace: settings.namespace };
  const references = referencesOf(settings, '');
  const kinds = new Set(references.map(({ kind }) => kind));
  const list = (group: string, resource: string): Requirement => ({
    type: 'permission',
    verb: 'list',
    group,
    resource,
    ...place,
  });
  return [
    {
      type: 'tool',
      name: 'kubectl',
      versionArgs: ['version', '--client', '--output=json'],
      install: 'https://kubernetes.io/docs/tasks/tools/',
    },
    ...references.flatMap(({ kind, name }) =>
      ['get', 'patch'].map(
        (verb): Requirement => ({
          type: 'permission',
          verb,
          group: 'apps',
          resource: `${kind.toLowerCase()}s`,
          name,
          ...place,
        }),
      ),
    ),
    list('', 'pods'),
    list('apps', 'replicasets'),
    ...(kinds.has('StatefulSet') || kinds.has('DaemonSet') ? [list('apps', 'controllerrevisions')] : []),
    ...(kinds.has('StatefulSet')
      ? [{ type: 'permission', verb: 'delete', group: '', resource: 'pods', ...place } as const]
      : []),
  ];
}
