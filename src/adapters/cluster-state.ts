// The state of a service in its target's namespace: the lock as a Lease, the journal's page as a key of a ConfigMap. Both
// are readable with kubectl, and what others keep on these objects stays.

import { z } from 'zod';
import { RollbackPlanError } from '../errors.ts';
import type { LockRecord, LockStore, StateDocument, TargetState } from '../ports/state.ts';
import type { Clock } from '../ports.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../values/json.ts';
import { stateName } from '../values/state-name.ts';
import { systemClock } from './clock.ts';
import { createSwappedObject, versionOf } from './cluster-object.ts';
import type { ClusterConnection } from './kubernetes.ts';
import { stateFault } from './state-faults.ts';

/** A ConfigMap holds 1 MiB, and others may keep something there, too. */
const maxTextBytes = 900 * 1024;
const pageKey = 'incident';
const ours = { 'app.kubernetes.io/managed-by': 'rollback-plan' };
const annotation = (name: string): string => `rollback-plan.dev/${name}`;

type Connection = Pick<ClusterConnection, 'get' | 'write' | 'namespace'>;

export function createClusterState(
  cluster: Connection,
  service: string,
  clock: Clock = systemClock,
): TargetState {
  return {
    lock: createLeaseStore(cluster, `rollback-plan-${stateName(service)}`, clock),
    journal: createConfigMapDocument(cluster, `rollback-plan-journal-${stateName(service)}`, clock),
  };
}

function createLeaseStore(cluster: Connection, name: string, clock: Clock): LockStore {
  const { namespace } = cluster;
  const title = `the lock (Lease ${name} in namespace ${namespace})`;
  const whereToRead = `kubectl -n ${namespace} get lease ${name} -o yaml`;
  const lease = createSwappedObject({
    cluster,
    clock,
    collection: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    name,
    title,
    unreadable: 'lock-unreadable',
  });
  return {
    whereToRead,
    async read() {
      const object = await lease.read();
      if (object === undefined) return { record: undefined, version: undefined };
      const record = recordIn(object);
      if (record !== undefined) return { record, version: versionOf(object) };
      throw stateFault('lock-unreadable', `${title} can't be read`, {
        message: 'it is not what Rollback Plan writes',
        advice: `Look at it: ${whereToRead}\nIf nobody needs it: kubectl -n ${namespace} delete lease ${name}`,
      });
    },
    write: (record, expected) =>
      lease.swap(
        (base) => leaseFor(record, base, { name, namespace }),
        expected,
        (found) => sameRecord(recordIn(found), record),
      ),
  };
}

const leaseSchema = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().default(''),
      leaseTransitions: z.int().min(0).default(0),
      leaseDurationSeconds: z.int().min(1).default(30),
      renewTime: z.string().default(''),
    })
    .prefault({}),
});

/** Also of a Lease that somebody else made: what it does not say is empty. */
function recordIn(object: JsonObject): LockRecord | undefined {
  const read = leaseSchema.safeParse(object);
  if (!read.success) return undefined;
  const { spec, metadata } = read.data;
  const note = (name: string): string => metadata.annotations?.[annotation(name)] ?? '';
  const pid = Number(note('pid'));
  return {
    holder: spec.holderIdentity,
    fence: spec.leaseTransitions,
    renewedAt: spec.renewTime === '' ? '' : withMilliseconds(spec.renewTime),
    termMs: spec.leaseDurationSeconds * 1_000,
    incident: note('incident'),
    host: note('host'),
    pid: Number.isSafeInteger(pid) ? pid : 0,
    started: note('started'),
    nonce: note('nonce'),
  };
}

function leaseFor(
  record: LockRecord,
  base: JsonObject | undefined,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): JsonObject {
  const metadata = objectIn(base, 'metadata');
  const spec = objectIn(base, 'spec');
  const before = base === undefined ? undefined : recordIn(base);
  const renewTime = withMicroseconds(record.renewedAt);
  const acquireTime = before?.nonce === record.nonce ? (spec['acquireTime'] ?? renewTime) : renewTime;
  return {
    ...base,
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...metadata,
      name,
      namespace,
      labels: { ...objectIn(metadata, 'labels'), ...ours },
      annotations: {
        ...objectIn(metadata, 'annotations'),
        [annotation('incident')]: record.incident,
        [annotation('host')]: record.host,
        [annotation('pid')]: String(record.pid),
        [annotation('started')]: record.started,
        [annotation('nonce')]: record.nonce,
      },
    },
    spec: {
      ...spec,
      holderIdentity: record.holder,
      leaseTransitions: record.fence,
      leaseDurationSeconds: seconds(record.termMs),
      acquireTime,
      renewTime,
    },
  };
}

function sameRecord(one: LockRecord | undefined, other: LockRecord): boolean {
  return (
    one !== undefined &&
    canonicalJson(one) === canonicalJson({ ...other, termMs: seconds(other.termMs) * 1_000 })
  );
}

/** A Lease counts whole seconds; a term may become longer by that, never shorter. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}

/** A MicroTime has exactly six digits after the second. */
function withMicroseconds(at: string): string {
  return at.replace(/\.(\d{3})Z$/, '.$1000Z');
}

function withMilliseconds(at: string): string {
  return at.replace(/\.(\d{3})\d*Z$/, '.$1Z');
}

function createConfigMapDocument(cluster: Connection, name: string, clock: Clock): StateDocument {
  const { namespace } = cluster;
  const title = `the journal (ConfigMap ${name} in namespace ${namespace})`;
  const configMap = createSwappedObject({
    cluster,
    clock,
    collection: `/api/v1/namespaces/${namespace}/configmaps`,
    name,
    title,
    unreadable: 'state-unreadable',
  });
  return {
    whereToRead: `kubectl -n ${namespace} get configmap ${name} -o jsonpath='{.data.${pageKey}}'`,
    async read() {
      const object = await configMap.read();
      return { text: textIn(object), version: versionOf(object) };
    },
    async write(text, expected) {
      const bytes = Buffer.byteLength(text);
      if (bytes > maxTextBytes) {
        throw new RollbackPlanError(
          'state-not-writable',
          `${title} would have ${bytes} bytes, and at most ${maxTextBytes} fit`,
          {
            hint: [
              'Outputs of steps take most of it: let the largest one be smaller, a path or a name instead of a content.',
              `To begin a new page, once nothing of this incident is under way: kubectl -n ${namespace} delete configmap ${name}`,
              'To act with the local file alone: override: local-journal',
            ].join('\n'),
          },
        );
      }
      return await configMap.swap(
        (base) => configMapFor(text, base, { name, namespace }),
        expected,
        (found) => textIn(found) === text,
      );
    },
  };
}

function textIn(object: JsonObject | undefined): string | undefined {
  const text = objectIn(object, 'data')[pageKey];
  return typeof text === 'string' ? text : undefined;
}

function configMapFor(
  text: string,
  base: JsonObject | undefined,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): JsonObject {
  const metadata = objectIn(base, 'metadata');
  return {
    ...base,
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, name, namespace, labels: { ...objectIn(metadata, 'labels'), ...ours } },
    data: { ...objectIn(base, 'data'), [pageKey]: text },
  };
}

function objectIn(object: JsonObject | undefined, key: string): JsonObject {
  const value = object?.[key];
  return isJsonObject(value) ? value : {};
}
