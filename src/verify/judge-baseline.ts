// Whether a baseline is of the time right before this very deploy, and what it tells each condition. Pure. ADR 0022.

import { createHash } from 'node:crypto';
import type { Before } from '../checks/check-kind.ts';
import type { Part, Plan } from '../plan/plan.ts';
import type { Baseline, LedgerPage } from '../state/ledger.ts';
import { formatDuration } from '../values/durations.ts';
import { canonicalJson } from '../values/json.ts';
import { type BeforeDeploy, conditionKeys } from './bind-checks.ts';

const longestMs = 24 * 3_600_000;

type Digests = Readonly<Record<string, string>>;

export type DeployFacts = {
  /** Digests of what is live, by component. */
  readonly live: ReadonlyMap<string, string>;
  /** What may have been there right before that, newest first, of components whose own history tells. */
  readonly replaced: ReadonlyMap<string, readonly { readonly label: string; readonly digest: string }[]>;
  /** Id of the run that asks. */
  readonly incident: string;
  readonly now: Date;
  readonly page: Pick<LedgerPage, 'snapshots' | 'quarantine' | 'automatic'>;
};

/** Why it is of no use for the deploy that is live, `undefined` when it is: `the one of 2026-… is of another deploy: …`. */
export function whyNoBaseline(baseline: Baseline, facts: DeployFacts): string | undefined {
  const why = whyStale(baseline, facts) ?? whyOfAnother(baseline, facts);
  return why === undefined ? undefined : `the one of ${baseline.at} ${why}`;
}

function whyStale({ at, versions, outdated }: Baseline, { live, now }: DeployFacts): string | undefined {
  const ageMs = now.getTime() - Date.parse(at);
  if (Number.isNaN(ageMs) || ageMs > longestMs) return `is older than ${formatDuration(longestMs)}`;
  if (outdated !== undefined) return `is out of date: ${outdated}`;
  // Taken while these versions were live, it says nothing about the time before them.
  const same = [...live].every(([name, digest]) => versions[name] === digest);
  return same ? 'was taken with the versions that are verified now' : undefined;
}

/** One baseline serves one deploy: the one that replaced what was live when it was taken. */
function whyOfAnother(
  baseline: Baseline,
  { live, replaced, incident, page }: DeployFacts,
): string | undefined {
  const { at, versions, usedBy, deploy } = baseline;
  if (usedBy !== undefined && usedBy !== incident) return `was used by ${usedBy}`;
  if (deploy !== undefined && !agree(deploy, live)) return 'is of another deploy, which was watched with it';
  const since = (each: { readonly at: string }): boolean => Date.parse(each.at) > Date.parse(at);
  const back = [...page.quarantine, ...page.automatic].find(
    (each) => since(each) && each.incident !== incident,
  );
  if (back !== undefined) return `is of another deploy, which ${back.incident} rolled back`;
  const noted = page.snapshots.filter(since).find(({ components }) => {
    const digests = Object.fromEntries(
      Object.entries(components).map(([name, { digest }]) => [name, digest]),
    );
    return !agree(digests, new Map(Object.entries(versions))) && !agree(digests, live);
  });
  if (noted !== undefined) return `is of another deploy, which snapshot ${noted.id} holds`;
  const other = [...replaced].find(([name, candidates]) => {
    const was = versions[name];
    return was !== undefined && was !== live.get(name) && !candidates.some(({ digest }) => digest === was);
  });
  const [name = '', [candidate] = []] = other ?? [];
  return candidate === undefined
    ? undefined
    : `is of another deploy: what is live of ${name} replaced ${candidate.label}, and it was not taken with that`;
}

/** Whether every component that both know has the same content. */
function agree(digests: Digests, others: ReadonlyMap<string, string>): boolean {
  return [...others].every(([name, digest]) => digests[name] === undefined || digests[name] === digest);
}

/** What a baseline tells each check and trigger of the plan. */
export function beforeFrom(
  { at, conditions }: Pick<Baseline, 'at' | 'conditions'>,
  plan: Pick<Plan, 'verify' | 'triggers'>,
): BeforeDeploy {
  const settings = settingsDigests(plan);
  return new Map(
    [...settings].map(([key, digest]): [string, Before] => {
      const found = conditions[key];
      if (found === undefined) return [key, { missing: `the baseline of ${at} has nothing of it` }];
      if (found.settings !== digest)
        return [key, { missing: 'no baseline for it: its settings changed since' }];
      const { state, value, tooLarge } = found;
      if (tooLarge) return [key, { state, missing: 'the baseline of it was too large to keep' }];
      return [key, { at, state, value }];
    }),
  );
}

/** For all conditions alike: why nobody knows what they were. */
export function nothingBefore(plan: Pick<Plan, 'verify' | 'triggers'>, missing: string): BeforeDeploy {
  return new Map(conditionKeys(plan).map((key) => [key, { missing }]));
}

/** What each condition measures with, as the plan has it, by key: with other settings an earlier value means nothing. */
export function settingsDigests(plan: Pick<Plan, 'verify' | 'triggers'>): ReadonlyMap<string, string> {
  const conditions: readonly (readonly Part[])[] = [
    ...plan.verify.map((check) => [check]),
    ...[...plan.triggers.values()].map(({ checks }) => checks),
  ];
  const keys = conditionKeys(plan);
  return new Map(conditions.map((parts, index) => [keys[index] ?? '', digestOf(parts)]));
}

function digestOf(parts: readonly Part[]): string {
  const text = canonicalJson(parts.map(({ uses, with: settings }) => ({ uses, with: settings })));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Why a baseline is not of the time before what a rollback takes back; `undefined` when it is. `at`: when the rollback was;
 * `from`: digests of what it took back, by component. `incidents`: whose looks it is for; one that has served another
 * incident is of another deploy, unless it was bound to what is taken back: a deploy that was verified may turn bad later.
 * One that is out of date for the next deploy is still of the time before this one.
 */
export function whyNotBefore(
  baseline: Baseline,
  {
    at,
    from,
    incidents,
  }: {
    readonly at: Date;
    readonly from: ReadonlyMap<string, string>;
    readonly incidents: readonly string[];
  },
): string | undefined {
  const ageMs = at.getTime() - Date.parse(baseline.at);
  if (!(ageMs >= 0)) return `the one of ${baseline.at} was taken after the rollback`;
  if (ageMs > longestMs) return `the one of ${baseline.at} is older than ${formatDuration(longestMs)}`;
  const { usedBy, deploy } = baseline;
  if (usedBy !== undefined && !incidents.includes(usedBy) && !servesRollbackFrom(baseline, from))
    return `the one of ${baseline.at} was used by ${usedBy}`;
  if (deploy !== undefined && !agree(deploy, from)) return `the one of ${baseline.at} is of another deploy`;
  if (from.size > 0 && [...from].every(([name, digest]) => baseline.versions[name] === digest))
    return `the one of ${baseline.at} was taken with the versions that are rolled back from`;
  return undefined;
}

/** Whether the deploy that it was bound to is what a rollback takes back. `from`: digests by component. */
export function servesRollbackFrom(
  { deploy }: Pick<Baseline, 'deploy'>,
  from: ReadonlyMap<string, string>,
): boolean {
  return (
    deploy !== undefined && [...from.keys()].some((name) => deploy[name] !== undefined) && agree(deploy, from)
  );
}
