// A press that stands still while its command goes on: only our process is stopped, Helm is not. Its lock runs out and a
// second press takes it over. Measured: how long the old command still ran after the lock was lost, and whether the new
// holder waited for it; and that the stale one, let go on, starts nothing further.

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { deploy, type Ground, type Revision, revisionsOf, writeWorkspace } from '../presses/ground.ts';
import { firstMutationAt, type JournalEvent, journalIn, type Press, press } from '../presses/press.ts';

export type StaleHolder = {
  readonly stale: Press;
  readonly taker: Press;
  /** From the moment at which the taker had the lock, ms; 0 or less: it had ended before. */
  readonly ranOnMs: number;
  /** From the moment at which the taker had the lock until it pinned, ms. */
  readonly waitedMs: number;
  /** Of the old command, from its start, ms: what the page told the taker. */
  readonly deadlineMs: number;
  /** Commands that change something, by the stale one, before and after it was let go on. */
  readonly startedByStale: number;
  readonly revisions: readonly Revision[];
  readonly violations: readonly string[];
};

/** Pods take longer than the term, so that Helm still waits for them when the lock is taken over. */
const readySeconds = 45;
/** The deadline of the step's command, which the page tells the taker. */
const stepTimeout = '60s';

export async function staleHolder(
  ground: Ground,
  { namespace }: { readonly namespace: string },
): Promise<StaleHolder> {
  const release = { name: 'api', namespace };
  const more = `phases:\n  - name: application\n    steps:\n      - { rollback: api, timeout: ${stepTimeout} }\n      - { name: afterwards, run: 'echo after > after' }\n`;
  const workspace = await writeWorkspace(ground, release, '', more);
  await deploy(ground, release, { version: '1', readyAfter: '0s' });
  // The same content twice would be one version; how long its pods take belongs to the content.
  await deploy(ground, release, { version: '2', readyAfter: `${readySeconds}s`, replicas: '1' });
  await deploy(ground, release, { version: '3', readyAfter: '0s' });
  const deployed = (await revisionsOf(ground, release)).length;

  let goOn: () => void = () => undefined;
  let helmEndedAt = 0;
  let stopped: (helm: number) => void = () => undefined;
  const standing = new Promise<number>((resolve) => {
    stopped = resolve;
  });
  const stale = press(ground, {
    workspace,
    started: async (child, temp) => {
      await until(async () => (await revisionsOf(ground, release)).at(-1)?.status === 'pending-rollback');
      const { pid } = child;
      if (pid === undefined) throw new Error('the press has no process');
      process.kill(pid, 'SIGSTOP');
      goOn = () => process.kill(pid, 'SIGCONT');
      const journal = await journalIn(temp);
      if (journal.some(({ type }) => type === 'done')) throw new Error('stopped too late');
      stopped(pid);
    },
  });
  await standing;
  const watching = (async () => {
    await until(async () => (await revisionsOf(ground, release)).at(-1)?.status !== 'pending-rollback');
    helmEndedAt = Date.now();
  })();
  const taker = await press(ground, { workspace });
  await watching;
  goOn();
  const ended = await stale;
  const revisions = await revisionsOf(ground, release);

  const tookAt = momentOf(taker, 'lock-taken-over');
  const pinnedAt = momentOf(taker, 'pinned');
  const deadlineMs = z
    .looseObject({ deadlineMs: z.number() })
    .parse(ended.journal.find(({ type }) => type === 'intent')).deadlineMs;
  const startedByStale = ended.journal.filter(isMutation).length;
  const ranOnMs = helmEndedAt - tookAt;
  const made = revisions.slice(deployed);
  const mutation = firstMutationAt(taker.journal);
  return {
    stale: ended,
    taker,
    ranOnMs,
    waitedMs: pinnedAt - tookAt,
    deadlineMs,
    startedByStale,
    revisions,
    violations: [
      ...(Number.isFinite(tookAt) ? [] : [`the lock was not taken over: ${taker.verdict}`]),
      ...(ended.verdict.endsWith('lock-lost') ? [] : [`the stale press ended ${ended.verdict}`]),
      ...(pinnedAt - tookAt >= deadlineMs - 12_000 ? [] : ['the taker waited less than it has to']),
      ...(startedByStale === 1 ? [] : [`the stale press started ${startedByStale} commands`]),
      ...(made.every(({ description }) => description === 'Rollback to 2')
        ? []
        : ['another target was written']),
      ...(pinnedAt >= helmEndedAt || Number.isNaN(pinnedAt)
        ? []
        : ['the taker did not wait for the old command']),
      ...(mutation !== undefined && mutation < helmEndedAt ? ['both wrote at once'] : []),
    ],
  };
}

export function describeStale(seen: StaleHolder): readonly string[] {
  const { stale, taker, ranOnMs, waitedMs, deadlineMs, startedByStale, revisions, violations } = seen;
  return [
    `the command of the stale press ran on for ${seconds(ranOnMs)} after the lock was taken over (its deadline: ${seconds(deadlineMs)} from its start)`,
    `the taker waited ${seconds(waitedMs)} before it looked at what is live; it ended ${taker.verdict}`,
    `the stale press, let go on, ended ${stale.verdict}; commands that it started: ${startedByStale}`,
    `revisions: ${revisions.map(({ revision, status, description }) => `${revision} ${status} (${description})`).join(', ')}`,
    `violations: ${violations.length === 0 ? '0' : violations.join('; ')}`,
  ];
}

function momentOf({ journal }: Press, type: string): number {
  return Date.parse(journal.find((event) => event.type === type)?.at ?? '');
}

const mutation = z.looseObject({
  type: z.literal('intent'),
  operation: z.looseObject({ mutates: z.literal(true) }),
});

function isMutation(event: JournalEvent): boolean {
  return mutation.safeParse(event).success;
}

async function until(seen: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 120_000; performance.now() < end; await sleep(100)) {
    if (await seen()) return;
  }
  throw new Error('it did not come about within 2 m');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
