// A repository with three releases of a configuration, and a namespace on the shared cluster to put them out in, as a
// pipeline would: the stage of the config tag's end-to-end tests.

import { join } from 'node:path';
import { configTag } from '../../src/components/config-tag.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';
import type { PinnedChange, Version } from '../../src/values/version.ts';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import { provide } from '../../tools/real-parts/provide.ts';
import { type TestRepository, testRepositories } from '../adapters/git-repositories.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';
import { createTestWorld, type TestWorld } from './config-tag-world.ts';

export type Place = {
  readonly world: TestWorld;
  readonly repository: TestRepository;
  readonly namespace: string;
};

export const repositories = testRepositories();
/** The suite sets it before its first test. */
let cluster: Cluster;
const places: Place[] = [];

export async function open(): Promise<Cluster> {
  cluster = await sharedCluster();
  return cluster;
}

export async function close(): Promise<void> {
  for (const { world } of places) await world.close();
  await cluster?.stop();
  repositories.removeAll();
}

/** Three releases: v2 adds a key, v3 adds a binary one; each in a namespace of its own. */
export async function place(): Promise<Place> {
  const { kubectl } = await provide(['kubectl']);
  const namespace = uniqueName('config');
  const repository = repositories.create();
  repository.write('config/app.yaml', 'level: info\nretries: 3\n');
  repository.write('config/limits.json', '{"max": 10}\n');
  repository.release('v1');
  repository.write('config/app.yaml', 'level: debug\nretries: 3\n');
  repository.write('config/added-in-v2.yaml', 'new: true\n');
  repository.release('v2');
  repository.write('config/logo.bin', Buffer.from([0, 1, 254, 255]));
  repository.release('v3');
  const world = await createTestWorld({
    directory: repository.directory,
    home: repositories.folder(),
    cluster: { kubeconfig: cluster.kubeconfig, kubectl, namespace },
  });
  await world.kubectl(['create', 'namespace', namespace]);
  const made = { world, repository, namespace };
  places.push(made);
  return made;
}

/** Deploys a tag as a pipeline would: check the files out elsewhere, make the manifest of them, apply it. */
export async function deploy({ world, repository }: Place, tag: string, ...how: string[]): Promise<void> {
  const folder = repositories.folder();
  repository.git('--work-tree', folder, 'checkout', '--quiet', '--force', tag, '--', 'config');
  const made = await world.kubectl([
    'create',
    'configmap',
    'app-config',
    `--from-file=${join(folder, 'config')}`,
    '--dry-run=client',
    '--output=json',
  ]);
  const manifest: JsonObject = JSON.parse(made);
  const metadata = { name: 'app-config', labels: { 'app.kubernetes.io/part-of': 'shop' } };
  await world.kubectl(['apply', '--filename=-', ...how], JSON.stringify({ ...manifest, metadata }));
}

export async function change({ world }: Place, to: string, settings = plain): Promise<PinnedChange> {
  const { version: from } = await configTag.read(world.context(), settings);
  const found = (await configTag.history(world.context(), settings)).find((candidate) => candidate.id === to);
  if (found === undefined) throw new Error(`no candidate ${to}`);
  return { component: 'config', from, to: versionOf(found) };
}

function versionOf({ id, label, digest }: Version): Version {
  return { id, label, digest };
}

export async function live({ world }: Place): Promise<{
  data: Record<string, string>;
  binaryData?: Record<string, string>;
  metadata: { annotations: Record<string, string>; labels: Record<string, string> };
}> {
  return JSON.parse(await world.kubectl(['get', 'configmap', 'app-config', '--output=json']));
}

export const settingsOf = (more: Record<string, Json> = {}) =>
  configTag.schema.parse({ paths: ['config/'], tags: 'v*', configmap: 'app-config', ...more });
export const plain = settingsOf();

export const deployment = (name: string, replicas = 2): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: 'app', image: 'shop:1', envFrom: [{ configMapRef: { name: 'app-config' } }] }],
        },
      },
    },
  });
