// The ledger: which versions of all components were verified together, which content was rolled back from, and how often
// no person pressed. It lives in the target, in a ConfigMap that anybody may read with kubectl, because the repository is
// not where the truth about a target is.

import { z } from 'zod';
import { RollbackPlanError } from '../errors.ts';
import type { Cluster } from '../ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../values/json.ts';
import type { ApiWrite } from '../values/operation.ts';
import { type FollowUps, followUpsSchema } from './follow-ups.ts';

export const ledgerName = 'rollback-plan-ledger';

const componentSchema = z.object({
  kind: z.string(),
  version: z.string(),
  label: z.string(),
  digest: z.string().min(1),
  /** Images that it names by digest, or that its pods run by one: `registry.example/api@sha256:…`. Absent where neither tells. */
  images: z.array(z.string()).exactOptional(),
});
const snapshotSchema = z.object({
  id: z.string().min(1),
  /** RFC 3339, UTC. */
  at: z.string().min(1),
  actor: z.string(),
  incident: z.string(),
  run: z.string().exactOptional(),
  /** Names of the checks that passed. */
  checks: z.array(z.string()),
  /** The person who says that it is good, where no check did. */
  vouchedBy: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  components: z.record(z.string(), componentSchema),
});
const quarantinedSchema = z.object({
  component: z.string().min(1),
  version: z.string(),
  label: z.string(),
  digest: z.string().min(1),
  /** RFC 3339, UTC. */
  at: z.string().min(1),
  /** Who pressed. */
  by: z.string(),
  incident: z.string(),
});
const automaticSchema = z.object({ at: z.string().min(1), incident: z.string() });
const recheckSchema = z.object({
  incident: z.string().min(1),
  /** When its rollback ended green; RFC 3339, UTC, as all times here. */
  at: z.string().min(1),
  /** The digest at which it left each component. */
  components: z.record(z.string(), z.string()),
  /** When it is looked at again, oldest first, and what was found. */
  due: z.array(
    z.object({
      at: z.string().min(1),
      done: z
        .object({
          at: z.string().min(1),
          state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
          evidence: z.string(),
        })
        .exactOptional(),
    }),
  ),
});
const drillSchema = z.object({ at: z.string().min(1), incident: z.string() });
const logSchema = z.object({
  at: z.string().min(1),
  by: z.string(),
  /** `lifted api revision 7 (sha256:…) from quarantine`. */
  did: z.string(),
  reason: z.string(),
});
const baselineSchema = z.object({
  /** RFC 3339, UTC. */
  at: z.string().min(1),
  incident: z.string(),
  /** Digest of what was live then, by component. */
  versions: z.record(z.string(), z.string()),
  /** The incident (of a verified deploy or of a rollback) that it has served: it counts for no other any more. */
  usedBy: z.string().min(1).exactOptional(),
  /** Digest by component of the deploy that was first compared with it: it says nothing about another one. */
  deploy: z.record(z.string(), z.string()).exactOptional(),
  /** Why it counts for no deploy any more: a later preflight was to replace it, and kept none. */
  outdated: z.string().exactOptional(),
  /** What was measured, by the key of check (`verify/…`) and trigger (`triggers/…`). */
  conditions: z.record(
    z.string(),
    z.object({
      state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
      value: z.json(),
      /** The value was too large to keep, and is `null`. */
      tooLarge: z.literal(true).exactOptional(),
      /** Digest of what was measured with: `uses` and `with`, as the plan had them. */
      settings: z.string().default(''),
    }),
  ),
});
const answeredSchema = z.object({
  /** As Alertmanager tells it, of the alert's labels. */
  fingerprint: z.string().min(1),
  startsAt: z.string().min(1),
  /** RFC 3339, UTC: when it was answered. */
  at: z.string().min(1),
  incident: z.string(),
  /** The run that answered; absent on a laptop. */
  run: z.string().exactOptional(),
});
const pageSchema = z.object({
  version: z.literal(1),
  snapshots: z.array(snapshotSchema),
  quarantine: z.array(quarantinedSchema).default([]),
  automatic: z.array(automaticSchema).default([]),
  log: z.array(logSchema).default([]),
  baseline: baselineSchema.exactOptional(),
  rechecks: z.array(recheckSchema).default([]),
  drills: z.array(drillSchema).default([]),
  followUps: z.array(followUpsSchema).default([]),
  alerts: z.array(answeredSchema).default([]),
});

/** Versions that were live and verified at one moment, or vouched for by a person. */
export type Snapshot = z.infer<typeof snapshotSchema>;
/** Content that a rollback left, and that nobody lifted since. */
export type Quarantined = z.infer<typeof quarantinedSchema>;
/** A rollback that no person pressed. */
export type Automatic = z.infer<typeof automaticSchema>;
/** What was measured before the next deploy. */
export type Baseline = Omit<z.infer<typeof baselineSchema>, 'conditions'> & {
  readonly conditions: Readonly<
    Record<
      string,
      {
        readonly state: 'pass' | 'fail' | 'inconclusive' | 'error';
        readonly value: Json;
        readonly tooLarge?: true;
        readonly settings: string;
      }
    >
  >;
};
/** A rollback that is looked at again. */
export type Recheck = z.infer<typeof recheckSchema>;
/** An alert that called once, and is answered. */
export type AnsweredAlert = z.infer<typeof answeredSchema>;
export type LedgerLog = z.infer<typeof logSchema>;

/** One service's page: every list newest first. */
export type LedgerPage = {
  readonly snapshots: readonly Snapshot[];
  readonly quarantine: readonly Quarantined[];
  readonly automatic: readonly Automatic[];
  /** What people changed by hand. */
  readonly log: readonly LedgerLog[];
  /** The newest one. */
  readonly baseline?: Baseline;
  /** Rollbacks that ended green, and when they are looked at again. */
  readonly rechecks: readonly Recheck[];
  /** Drills that passed in this target. */
  readonly drills: readonly z.infer<typeof drillSchema>[];
  /** What people have to do after rollbacks. */
  readonly followUps: readonly FollowUps[];
  /** Alerts from outside that were answered. */
  readonly alerts: readonly AnsweredAlert[];
};

export type Ledger = {
  readonly page: LedgerPage;
  readonly namespace: string;
  readonly service: string;
  /** The ConfigMap as it was read; absent when there is none yet. */
  readonly object: JsonObject | undefined;
};

export const emptyPage: LedgerPage = {
  snapshots: [],
  quarantine: [],
  automatic: [],
  log: [],
  rechecks: [],
  drills: [],
  followUps: [],
  alerts: [],
};

/** Throws `ledger-unreadable` when somebody made it something else than we wrote, and what the cluster throws. */
export async function readLedger(cluster: Cluster, service: string): Promise<Ledger> {
  const { namespace } = cluster;
  const object = await cluster.get(`${collection(namespace)}/${ledgerName}`);
  const data = object?.['data'];
  const text = isJsonObject(data) ? data[service] : undefined;
  const page = text === undefined ? emptyPage : parsePage(text, namespace, service);
  return { page, namespace, service, object };
}

function parsePage(text: unknown, namespace: string, service: string): LedgerPage {
  try {
    const { version: _version, ...page } = pageSchema.parse(JSON.parse(z.string().parse(text)));
    return page;
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

/** The write that replaces the page as it was read; refused by the server when somebody wrote since. */
export function pageWrite({ namespace, service, object }: Ledger, page: LedgerPage): ApiWrite {
  const text = JSON.stringify({ version: 1, ...page });
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
        data: { [service]: text },
      },
    };
  }
  const data = isJsonObject(object['data']) ? object['data'] : {};
  return {
    verb: 'replace',
    // The object carries its resourceVersion: that is the compare of compare-and-swap.
    path: `${collection(namespace)}/${ledgerName}`,
    body: { ...object, data: { ...data, [service]: text } },
  };
}

function collection(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}
