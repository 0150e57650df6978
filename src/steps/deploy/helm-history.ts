// The revisions of a Helm release as Helm itself tells them, wherever it keeps its records.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Captured, Probe, Verification } from '../../values/operation.ts';
import type { HelmDeploy } from './settings.ts';
import { notOurBusiness } from './way.ts';

const history = z.array(
  z.object({
    revision: z.int(),
    status: z.string(),
    chart: z.string().default(''),
    description: z.string().default(''),
  }),
);

export type HelmRevisionLine = z.output<typeof history>[number];

export type HelmPlace = { readonly release: string; readonly namespace: string };

export function placeOf({ release, namespace }: HelmDeploy, context: KindContext): HelmPlace {
  return { release, namespace: namespace ?? context.cluster.namespace };
}

/** Where every Helm command of ours is told to act. */
export function helmFlags({ namespace }: HelmPlace, context: KindContext): readonly string[] {
  return ['--namespace', namespace, ...context.cluster.helmFlags];
}

/** Newest first; empty when there is no such release. Throws `prepare-failed` or `tool-missing`. */
export async function readHistory(
  place: HelmPlace,
  context: KindContext,
): Promise<readonly HelmRevisionLine[]> {
  const flags = helmFlags(place, context);
  const outcome = await context.read(
    ['helm', 'history', place.release, ...flags, '--max', '10000', '--output', 'json'],
    { deadlineMs: 60_000 },
  );
  if (outcome.ended === 'not-started') {
    throw new RollbackPlanError('tool-missing', `helm could not be started: ${outcome.stderr.trim()}`, {
      hint: 'Put Helm 3.14 or newer on the PATH of the job (on GitHub: azure/setup-helm).',
    });
  }
  if (outcome.ended === 'exited' && outcome.exitCode === 0) {
    const lines = history.parse(JSON.parse(outcome.raw.toString('utf8')));
    return lines.toSorted((a, b) => b.revision - a.revision);
  }
  if (/release: not found/.test(outcome.stderr)) return [];
  throw new RollbackPlanError(
    'prepare-failed',
    `helm history of ${place.release} failed: ${outcome.stderr.trim()}`,
    { hint: `Try it: helm history ${place.release} --namespace ${place.namespace}` },
  );
}

/** A release that somebody is working on is not touched. */
export function refuseBusy({ release }: HelmPlace, newest: HelmRevisionLine | undefined): void {
  if (newest?.status.startsWith('pending-') !== true) return;
  throw new RollbackPlanError(
    'operation-pending',
    `revision ${newest.revision} of ${release} is ${newest.status}: another Helm command is at work, or was killed`,
    {
      hint: `Wait until it has ended. If it is dead, end it with: helm rollback ${release} <last good revision>`,
    },
  );
}

const helmHistoryMax = 10;

/** Helm forgets old revisions whenever it writes a new one; what could be gone back to must not vanish by a deploy. */
export function keepHistory(revisions: readonly HelmRevisionLine[]): readonly string[] {
  return revisions.length < helmHistoryMax ? [] : ['--history-max', String(revisions.length + 1)];
}

export function captureHistory(
  { release, namespace }: HelmPlace,
  [newest]: readonly HelmRevisionLine[],
): Captured | undefined {
  if (newest === undefined) return undefined;
  const { revision, status, chart } = newest;
  return {
    label: `Helm release ${release} in ${namespace} before`,
    data: { revision, status, chart },
  };
}

/** What is written as the description of a revision of ours, so that it can be told from anybody else's. */
export function markOf(incident: string, settings: HelmDeploy): string {
  const digest = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
  return `Put out by Rollback Plan, incident ${incident} (${digest})`;
}

/** Whether the newest revision is the one that was to be put out. Pure. */
export function judgeNewest(
  { release }: HelmPlace,
  newest: HelmRevisionLine | undefined,
  description: string,
): Verification {
  if (newest === undefined) return { state: 'failed', evidence: `there is no Helm release ${release}` };
  const line = `revision ${newest.revision} of ${release} (${newest.chart}) is ${newest.status}`;
  if (newest.status.startsWith('pending-')) return { state: 'progressing', evidence: line };
  if (newest.status === 'deployed' && newest.description === description)
    return { state: 'verified', evidence: `${line}; ${notOurBusiness}` };
  return { state: 'failed', evidence: `${line}: ${newest.description.split('\n')[0]?.slice(0, 300)}` };
}

/** After a failure or a crash. A revision that failed may have changed a part of the objects. Pure. */
export function probeNewest(
  place: HelmPlace,
  newest: HelmRevisionLine | undefined,
  description: string,
): Probe {
  const { state, evidence } = judgeNewest(place, newest, description);
  if (state === 'verified') return { state: 'done', evidence };
  if (state === 'progressing' || newest?.status === 'failed')
    return { state: 'unknown', evidence, final: true };
  return { state: 'not-done', evidence };
}
