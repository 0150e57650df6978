// The ledger: which versions of all components were verified together, newest first. It lives in the target, in a
// ConfigMap that anybody may read with kubectl, because the repository is not where the truth about a target is.

import { z } from 'zod';
import { RollbackPlanError } from '../errors.ts';
import type { Cluster } from '../ports.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import type { ApiWrite } from '../values/operation.ts';

export const ledgerName = 'rollback-plan-ledger';
/** Snapshots kept per service: more than anybody goes back to, and far below what a ConfigMap holds. */
const keptSnapshots = 20;

const snapshotSchema = z.object({
  id: z.string().min(1),
  /** RFC 3339, UTC. */
  at: z.string().min(1),
  actor: z.string(),
  incident: z.string(),
  run: z.string().optional(),
  /** Names of the checks that passed. */
  checks: z.array(z.string()),
  components: z.record(
    z.string(),
    z.object({ kind: z.string(), version: z.string(), label: z.string(), digest: z.string().min(1) }),
  ),
});
const pageSchema = z.object({ version: z.literal(1), snapshots: z.array(snapshotSchema) });

/** Versions that were live and verified at one moment. */
export type Snapshot = z.infer<typeof snapshotSchema>;

export type Ledger = {
  /** Newest first. */
  readonly snapshots: readonly Snapshot[];
  readonly namespace: string;
  readonly service: string;
  /** The ConfigMap as it was read; absent when there is none yet. */
  readonly object: JsonObject | undefined;
};

/** Throws `ledger-unreadable` when somebody made it something else than we wrote, and what the cluster throws. */
export async function readLedger(cluster: Cluster, service: string): Promise<Ledger> {
  const { namespace } = cluster;
  const object = await cluster.get(`${collection(namespace)}/${ledgerName}`);
  const data = object?.['data'];
  const text = isJsonObject(data) ? data[service] : undefined;
  const snapshots = text === undefined ? [] : parsePage(text, namespace, service);
  return { snapshots, namespace, service, object };
}

function parsePage(text: unknown, namespace: string, service: string): readonly Snapshot[] {
  try {
    return pageSchema.parse(JSON.parse(z.string().parse(text))).snapshots;
  } catch (cause) {
    if (isNewer(text)) {
      throw new RollbackPlanError(
        'ledger-unreadable',
        `key ${service} of ConfigMap ${ledgerName} in namespace ${namespace} was written by a newer Rollback Plan`,
        { hint: 'Use that version here, too. Until then name the version: to: component=version', cause },
      );
    }
    throw new RollbackPlanError(
      'ledger-unreadable',
      `key ${service} of ConfigMap ${ledgerName} in namespace ${namespace} is not what Rollback Plan writes`,
      {
        hint: [
          `Look at it: ${whereToRead(namespace)}`,
          'Put it back, or delete that key: the next verified deploy begins it anew. Until then name the version: to: component=version',
        ].join('\n'),
        cause,
      },
    );
  }
}

function isNewer(text: unknown): boolean {
  try {
    return z.object({ version: z.number().gt(1) }).safeParse(JSON.parse(String(text))).success;
  } catch {
    return false;
  }
}

/** The command a person reads the ledger with. */
export function whereToRead(namespace: string): string {
  return `kubectl -n ${namespace} get configmap ${ledgerName} -o yaml`;
}

/** Whether the newest entry holds these very versions already. */
export function isNewest(ledger: Ledger, snapshot: Snapshot): boolean {
  const [newest] = ledger.snapshots;
  if (newest === undefined) return false;
  const names = Object.keys(snapshot.components);
  return (
    names.length === Object.keys(newest.components).length &&
    names.every((name) => newest.components[name]?.digest === snapshot.components[name]?.digest)
  );
}

/** The write that puts a snapshot on top; refused by the server when somebody wrote since the ledger was read. */
export function noteSnapshot(ledger: Ledger, snapshot: Snapshot): ApiWrite {
  const { namespace, service, object } = ledger;
  const page = JSON.stringify({
    version: 1,
    snapshots: [snapshot, ...ledger.snapshots].slice(0, keptSnapshots),
  });
  if (object === undefined) {
    return {
      verb: 'create',
      path: collection(namespace),
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ledgerName,
          namespace,
          labels: { 'app.kubernetes.io/managed-by': 'rollback-plan' },
        },
        data: { [service]: page },
      },
    };
  }
  const data = isJsonObject(object['data']) ? object['data'] : {};
  return {
    verb: 'replace',
    // The object carries its resourceVersion: that is the compare of compare-and-swap.
    path: `${collection(namespace)}/${ledgerName}`,
    body: { ...object, data: { ...data, [service]: page } },
  };
}

function collection(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}
