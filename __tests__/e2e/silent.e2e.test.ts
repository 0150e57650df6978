// What the run waits for says nothing any more: not at all, or after the head of an answer, or a byte every second. The run
// ends all the same, and one that is cancelled meanwhile has written its record before the runner kills it.

import type { ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Cluster } from '../../tools/real-parts/cluster.ts';
import type { Fault } from '../../tools/real-parts/fault-proxy.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { type Point, points, setFaultScene } from '../support/fault-scene.ts';
import { cancelAsRunner, verdictOf } from '../support/runner.ts';
import { sharedCluster } from '../support/shared/parts.ts';

const minute = 60_000;
jest.setTimeout(15 * minute);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

type Cell = {
  readonly from: Point;
  readonly fault: Fault['type'] & ('silence-before' | 'head-only' | 'trickle');
};
type Row = {
  readonly cell: string;
  readonly end: string;
  readonly secondsToEnd: number;
  readonly journal: string | undefined;
  readonly record: boolean;
  readonly summary: boolean;
  readonly says: string;
};

describeReal('an API server that falls silent', () => {
  let cluster: Cluster;
  let folder = '';
  let tools: { readonly kubectl: string; readonly helm4: string };

  beforeAll(async () => {
    tools = await provide(['kubectl', 'helm4']);
    cluster = await sharedCluster();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-silent-'));
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  /** From the first request at this point on nothing is answered any more. */
  async function pressInto({ from, fault }: Cell, cancelled: boolean): Promise<Row> {
    const scene = await setFaultScene({ cluster, folder, helm: tools.helm4, kubectl: tools.kubectl });
    const { proxy } = scene;
    try {
      let begun = false;
      const rule = proxy.inject(
        (request) => {
          begun ||= points[from](request, proxy.requests);
          return begun;
        },
        { type: fault },
        { times: Number.POSITIVE_INFINITY },
      );
      let at = performance.now();
      void rule.hit.then(() => {
        at = performance.now();
      });
      const started = (child: ChildProcess): void => {
        if (!cancelled) return;
        void rule.hit.then(async () => {
          await sleep(1_000);
          at = performance.now();
          await cancelAsRunner(child);
        });
      };
      const run = await scene.press([], { started });
      return {
        cell: `${fault} from ${from} on${cancelled ? ', cancelled' : ''}`,
        end: verdictOf(run),
        secondsToEnd: Math.round((performance.now() - at) / 100) / 10,
        journal: run.journal.findLast(({ type }) => type === 'run-finished')?.['outcome'] as
          | string
          | undefined,
        record: run.incident !== '',
        summary: run.summary !== '',
        says: run.summary
          .split('\n')
          .filter((line) => line.trim() !== '')
          .slice(0, 5)
          .join(' / ')
          .slice(0, 400),
      };
    } finally {
      await proxy.close();
    }
  }

  async function all(cells: readonly Cell[], cancelled: boolean): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const waiting = [...cells];
    const lane = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        const row = await pressInto(cell, cancelled);
        rows.push(row);
        process.stdout.write(`${JSON.stringify(row)}\n`);
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    return rows;
  }

  test('lets a cancelled run write its record before it is killed', async () => {
    const froms: readonly Point[] = [
      'lease read',
      'page read',
      'read of web',
      'dry run',
      'page append',
      'settings write',
      'kubectl undo',
      'last page append',
    ];
    const rows = await all(
      froms.map((from) => ({ from, fault: 'silence-before' as const })),
      true,
    );
    expect(
      rows.filter(({ secondsToEnd, record, summary }) => secondsToEnd > 9 || !record || !summary),
    ).toEqual([]);
  });

  test('lets a run end by itself, and says so', async () => {
    const rows = await all(
      [
        { from: 'read of web', fault: 'head-only' },
        { from: 'read of web', fault: 'trickle' },
        { from: 'last page append', fault: 'silence-before' },
      ],
      false,
    );
    expect(rows.filter(({ record, summary }) => !record || !summary)).toEqual([]);
  });

  test('is no worse than a kubectl that never ends: a cancelled run has its record all the same', async () => {
    const scene = await setFaultScene({ cluster, folder, helm: tools.helm4, kubectl: tools.kubectl });
    const bin = await mkdtemp(join(folder, 'bin-'));
    await writeFile(join(bin, 'kubectl'), '#!/bin/sh\nsleep 600\n');
    await chmod(join(bin, 'kubectl'), 0o755);
    try {
      const run = await scene.press([bin], {
        async started(child) {
          await sleep(3_000);
          await cancelAsRunner(child);
        },
      });
      expect([verdictOf(run), run.incident !== '']).toEqual(['interrupted cancelled exit 1', true]);
    } finally {
      await scene.proxy.close();
    }
  });
});
