// What is made of Helm's records and live workloads: who owns what, what can be measured, what is known to be bad.

import { describe, expect, test } from '@jest/globals';
import { releasesIn } from '../../src/components/helm/release-list.ts';
import type { Inventory } from '../../src/init/inventory.ts';
import { inventoryOfCluster } from '../../src/init/inventory-of-cluster.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { describeWorkload } from '../../src/values/workload-reference.ts';
import { type SampleRevision, storedRevision } from '../components/helm/sample-revisions.ts';

const deployment = (name: string, tag: string, more = ''): string =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}${more} }\nspec: { template: { spec: { containers: [{ name: a, image: "a:${tag}" }] } } }\n`;

function live(
  kind: string,
  name: string,
  more: { metadata?: JsonObject; spec?: JsonObject; status?: JsonObject } = {},
): JsonObject {
  const { metadata = {}, spec = { replicas: 2 }, status = {} } = more;
  return { apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'shop', ...metadata }, spec, status };
}

const ownedBy = (release: string, namespace = 'shop'): { metadata: JsonObject } => ({
  metadata: {
    annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': namespace },
  },
});

function look(revisions: readonly SampleRevision[], workloads: readonly JsonObject[] = []): Inventory {
  return inventoryOfCluster({
    source: { type: 'cluster', context: 'prod', namespace: 'shop' },
    releases: releasesIn(revisions.map(storedRevision), 'shop', 'secret'),
    workloads,
  });
}

const measured = ({ releases }: Inventory): readonly string[] =>
  releases.flatMap(({ workloads }) =>
    workloads.map(({ reference, pods }) => `${reference.namespace} ${describeWorkload(reference)} ${pods}`),
  );

describe('who owns a workload', () => {
  test('only what neither Helm nor a controller puts out is a component of its own', () => {
    const seen = look(
      [{ revision: 1, status: 'deployed', manifest: deployment('api', '1') }],
      [
        live('Deployment', 'api', ownedBy('shop')),
        live('StatefulSet', 'db'),
        live('Deployment', 'elsewhere', ownedBy('other', 'ops')),
        live('Deployment', 'lost', ownedBy('gone')),
        live('Deployment', 'made', {
          metadata: { ownerReferences: [{ kind: 'Rollout', name: 'front' }] },
        }),
      ],
    );
    expect(seen.workloads.map(({ reference }) => describeWorkload(reference))).toEqual(['statefulset/db']);
    expect(seen.leftOut).toEqual([
      'deployment/elsewhere: it belongs to the Helm release other of namespace ops, which is not among those of this namespace',
      'deployment/lost: it belongs to the Helm release gone of namespace shop, which is not among those of this namespace',
      'deployment/made: Rollout/front made it and would make it again',
    ]);
  });

  test('a release that is uninstalled or damaged is left out, and why', () => {
    expect(look([{ revision: 2, status: 'uninstalled' }, { revision: 1 }]).leftOut).toEqual([
      'Helm release shop: it is uninstalled; only its history is left',
    ]);
    const broken = { ...storedRevision({ revision: 1 }), data: { release: 'bm90IGd6aXA=' } };
    const seen = inventoryOfCluster({
      source: { type: 'cluster', context: 'prod', namespace: 'shop' },
      releases: releasesIn([broken], 'shop', 'secret'),
      workloads: [],
    });
    expect([seen.releases, seen.leftOut]).toEqual([
      [],
      ["Helm release shop: revision 1 can't be read: it is not gzipped JSON in base64"],
    ]);
  });
});

describe('what can be measured', () => {
  test('the workloads of the manifest, in the namespaces it names, and no other objects', () => {
    const manifest = `${deployment('api', '1')}${deployment('agent', '1', ', namespace: ops')}---\napiVersion: v1\nkind: Service\nmetadata: { name: api }\n---\napiVersion: example.com/v1\nkind: Deployment\nmetadata: { name: not-ours }\n`;
    expect(measured(look([{ revision: 1, status: 'deployed', manifest }]))).toEqual([
      'shop deployment/api some',
      'ops deployment/agent some',
    ]);
  });

  test('what runs decides whether pods are expected, not what the chart says', () => {
    const seen = look(
      [{ revision: 1, status: 'deployed', manifest: deployment('api', '1') + deployment('web', '1') }],
      [
        live('Deployment', 'api', { ...ownedBy('shop'), spec: { replicas: 0 } }),
        live('DaemonSet', 'agent', { status: { desiredNumberScheduled: 0 } }),
      ],
    );
    expect(measured(seen)).toEqual(['shop deployment/api none', 'shop deployment/web some']);
    expect(seen.workloads.map(({ pods }) => pods)).toEqual(['none']);
  });

  test('what only the newest revision has is not, because a rollback takes it away', () => {
    const seen = look([
      { revision: 2, status: 'deployed', manifest: deployment('api', '2') + deployment('queue', '2') },
      { revision: 1, manifest: deployment('api', '1') },
    ]);
    expect(measured(seen)).toEqual(['shop deployment/api some']);
    expect(seen.releases[0]?.newWorkloads.map(describeWorkload)).toEqual(['deployment/queue']);
  });

  test('a failed newest revision is not what is expected after a rollback', () => {
    const seen = look([
      {
        revision: 2,
        status: 'failed',
        description: 'Upgrade "shop" failed: timed out',
        manifest: deployment('new', '2'),
      },
      { revision: 1, status: 'deployed', manifest: deployment('api', '1') },
    ]);
    expect(measured(seen)).toEqual(['shop deployment/api some']);
  });
});

describe('what is known to be bad', () => {
  const rows: readonly (readonly [string, readonly SampleRevision[], string | undefined])[] = [
    [
      'nothing, where every revision was put out well',
      [
        { revision: 2, status: 'deployed', manifest: deployment('api', '2') },
        { revision: 1, manifest: deployment('api', '1') },
      ],
      undefined,
    ],
    [
      'a revision that failed, also when it is the newest',
      [
        {
          revision: 2,
          status: 'failed',
          description: 'Upgrade "shop" failed: timed out',
          manifest: deployment('api', '2'),
        },
        { revision: 1, status: 'deployed', manifest: deployment('api', '1') },
      ],
      '2 failed',
    ],
    [
      'a revision that somebody rolled back from, also after a later deploy',
      [
        { revision: 4, status: 'deployed', manifest: deployment('api', '3') },
        { revision: 3, description: 'Rollback to 1', manifest: deployment('api', '1') },
        { revision: 2, manifest: deployment('api', '2') },
        { revision: 1, manifest: deployment('api', '1') },
      ],
      '2 rolled back from',
    ],
    [
      'not one whose content was put out well at another time',
      [
        { revision: 3, status: 'deployed', manifest: deployment('api', '2') },
        {
          revision: 2,
          status: 'superseded',
          description: 'Upgrade "shop" failed: timed out',
          manifest: deployment('api', '2'),
        },
        { revision: 1, manifest: deployment('api', '1') },
      ],
      undefined,
    ],
    [
      'not one of which nobody recorded how it ended',
      [
        { revision: 2, status: 'deployed', manifest: deployment('api', '2') },
        { revision: 1, description: 'superseded by new release', manifest: deployment('api', '1') },
      ],
      undefined,
    ],
  ];
  test.each(rows)('%s', (_name, revisions, expected) => {
    const known = look(revisions).releases[0]?.knownBad;
    expect(known === undefined ? undefined : `${known.revision} ${known.because}`).toBe(expected);
  });
});

test('releases are told apart by their label and sorted, whatever the order of the records', () => {
  const named = (name: string, revision: number): JsonObject => {
    const stored = storedRevision({ revision });
    return { ...stored, metadata: { labels: { owner: 'helm', name, version: String(revision) } } };
  };
  const list = releasesIn(
    [named('web', 1), named('api', 2), named('web', 3), named('api', 1)],
    'shop',
    'secret',
  );
  expect(
    list.map(({ name, revisions }) => `${name}: ${revisions.map(({ revision }) => revision).join()}`).sort(),
  ).toEqual(['api: 2,1', 'web: 3,1']);
});
