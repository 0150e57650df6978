// Decides what a generated plan says: names for its components and its target, what the checks measure, what a drill
// can put out. Pure; `plan-text.ts` writes it down.

import { slug, titlePattern, uniqueSlug } from '../values/names.ts';
import { describeWorkload, type WorkloadReference } from '../values/workload-reference.ts';
import type { DraftRules } from './auto-rollback-rules.ts';
import type { Inventory, KnownBad, Measurable, Source } from './inventory.ts';
import type { CallerName } from './options.ts';

export type DraftComponent =
  | {
      readonly type: 'helm-release';
      readonly name: string;
      readonly release: string;
      readonly chartFolder: string | undefined;
    }
  | { readonly type: 'workload'; readonly name: string; readonly workload: string };

/** One `rollout` check: workloads of one namespace that all have pods, or all have none. */
export type DraftRollout = {
  /** Absent for the target's own. */
  readonly namespace: string | undefined;
  readonly pods: Measurable['pods'];
  readonly workloads: readonly string[];
};

export type Draft = {
  readonly service: string;
  readonly source: Source;
  readonly target: {
    readonly name: string;
    /** Only where a plan can hold it. */
    readonly context: string | undefined;
    readonly contextUnwritable: boolean;
    readonly namespace: string | undefined;
  };
  readonly components: readonly DraftComponent[];
  readonly rollouts: readonly DraftRollout[];
  /** Workloads that came with the newest revision, as `deployment/worker of shop-api`. */
  readonly newWorkloads: readonly string[];
  readonly leftOut: readonly string[];
  readonly unmeasured: readonly string[];
  /** Went out together, newest first; empty where the cluster knows none. */
  readonly knownBad: readonly KnownBad[];
  /** Workflows that were asked for; with any there is a job that can open pull requests. */
  readonly callers: readonly CallerName[];
  /** What an `auto_rollback` file said, where one was given. */
  readonly rules?: DraftRules | undefined;
};

/** Revisions that were put out within this time are taken for one deploy. */
const oneDeployMs = 5 * 60_000;
const longestBase = 48;

export function draftPlan(request: {
  readonly inventory: Inventory;
  readonly service: string;
  readonly callers: readonly CallerName[];
  readonly rules?: DraftRules | undefined;
}): Draft {
  const { inventory, service, callers, rules } = request;
  const { source } = inventory;
  const contextFits = source.context === undefined || titlePattern.test(source.context);
  return {
    service,
    source,
    target: {
      name: targetName(source),
      context: contextFits ? source.context : undefined,
      contextUnwritable: !contextFits,
      namespace: source.namespace,
    },
    components: nameComponents(inventory),
    rollouts: rolloutsOf(inventory),
    newWorkloads: inventory.releases.flatMap(({ release, newWorkloads }) =>
      newWorkloads.map((reference) => `${describeWorkload(reference)} of ${release}`),
    ),
    leftOut: inventory.leftOut,
    unmeasured: inventory.unmeasured,
    knownBad: sameDeploy(inventory.releases.flatMap(({ knownBad }) => knownBad ?? [])),
    callers,
    rules,
  };
}

/** The last part of a context's name says most: `arn:aws:eks:…:cluster/shop` is `shop`. */
function targetName({ context, namespace }: Source): string {
  if (context === undefined) return namespace ?? 'default';
  const last = context.split('/').findLast((part) => /[A-Za-z0-9]/.test(part));
  return slug(last ?? '');
}

/**
 * Component names that are unique whatever the case, and that an expression can say after a dot: `components.api.to`.
 */
export function nameComponents({ releases, workloads }: Inventory): readonly DraftComponent[] {
  const taken = new Set<string>();
  return [
    ...releases.map(({ release, chartFolder }) => ({
      type: 'helm-release' as const,
      name: uniqueSlug(beginsWithLetter(release, 'release'), taken),
      release,
      chartFolder,
    })),
    ...workloads.map(({ reference }) => {
      const { kind, name } = reference;
      const plainName = beginsWithLetter(name, kind);
      const wanted = taken.has(slug(plainName)) ? `${plainName}-${kind}` : plainName;
      return {
        type: 'workload' as const,
        name: uniqueSlug(wanted, taken),
        workload: describeWorkload(reference),
      };
    }),
  ];
}

/** Short enough that what makes it unique still fits into a component's name. */
function beginsWithLetter(name: string, prefix: string): string {
  return (/^[a-z]/i.test(name) ? name : `${prefix}-${name}`).slice(0, longestBase);
}

/** The target's own namespace first, workloads with pods first. */
function rolloutsOf({ source, releases, workloads }: Inventory): readonly DraftRollout[] {
  const home = source.namespace ?? '';
  const all = [...releases.flatMap((release) => release.workloads), ...workloads];
  const groups = new Map<
    string,
    { readonly pods: Measurable['pods']; readonly references: WorkloadReference[] }
  >();
  for (const { reference, pods } of all) {
    const key = `${reference.namespace === home ? 0 : 1} ${reference.namespace} ${pods === 'some' ? 0 : 1}`;
    const group = groups.get(key) ?? { pods, references: [] };
    group.references.push(reference);
    groups.set(key, group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { pods, references }]) => {
      const namespace = references[0]?.namespace;
      return {
        namespace: namespace === home ? undefined : namespace,
        pods,
        workloads: [...new Set(references.map(describeWorkload))],
      };
    });
}

/** The newest, and what went out with it: together they were one bad deploy. */
function sameDeploy(bad: readonly KnownBad[]): readonly KnownBad[] {
  const timed = bad.map((each) => ({ each, ms: Date.parse(each.at ?? '') || 0 })).sort((a, b) => b.ms - a.ms);
  const newest = timed[0]?.ms ?? 0;
  return timed.flatMap(({ each, ms }, index) =>
    index === 0 || (ms > 0 && newest - ms <= oneDeployMs) ? [each] : [],
  );
}
