// An incident is continued: what one press pinned and did, the next one finds in the target and goes on from there.

import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { stepLines } from '../support/acting.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  pins,
  type Scene,
  setScene,
  setStage,
  untilActing,
  untilJournalled,
} from '../support/scene.ts';

jest.setTimeout(120_000);

/** What these tests read of the page. */
const kept = z.looseObject({
  closed: z.looseObject({ outcome: z.string(), by: z.string() }).optional(),
  pins: z.array(z.looseObject({ component: z.string() })),
  runs: z.array(z.looseObject({ ended: z.looseObject({ outcome: z.string() }).optional() })),
});

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('continuing an incident', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';

  /** A plan with these steps; `count` is how often scripts wrote a word to the file of that name. */
  const scene = async (
    steps: string,
  ): Promise<
    Scene & { readonly count: (name: string) => Promise<number>; readonly file: (name: string) => string }
  > => {
    const set = await setScene(stage, helm, (namespace) =>
      onePlan(namespace, `phases:\n  - name: app\n    steps:\n${steps}`),
    );
    const file = (name: string): string => join(set.workspace, name);
    const count = async (name: string): Promise<number> =>
      (await readFile(file(name), 'utf8').catch(() => '')).split('\n').length - 1;
    return { ...set, count, file };
  };
  const kubectl = (...args: readonly string[]): Promise<string> =>
    new Promise((done, fail) =>
      execFile(stage.kubectl, [`--kubeconfig=${stage.cluster.kubeconfig}`, ...args], (error, stdout) =>
        error === null ? done(stdout) : fail(error),
      ),
    );
  const page = async (namespace: string): Promise<z.infer<typeof kept>> =>
    kept.parse(
      JSON.parse(
        await kubectl(
          '--namespace',
          namespace,
          'get',
          'configmap',
          'rollback-plan-journal-shop',
          '--output',
          'jsonpath={.data.incident}',
        ),
      ).incident,
    );
  const holder = (namespace: string): Promise<string> =>
    kubectl(
      '--namespace',
      namespace,
      'get',
      'lease',
      'rollback-plan-shop',
      '--output',
      'jsonpath={.spec.holderIdentity}',
    );
  const said = (run: ActionRun, state: string): string | undefined => {
    const event = run.journal.find((each) => each['type'] === 'incident' && each['state'] === state);
    return event === undefined ? undefined : String(event['incident']);
  };
  const digest = (run: ActionRun): unknown =>
    run.journal.findLast((event) => event['type'] === 'pinned')?.['digest'];

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  test('a green press opens, closes and gives the lock back; the next one is a new incident', async () => {
    const { namespace, release, press } = await scene('      - { rollback: api }\n');
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const run = await press({ incident: 'INC-one' });
    expect([verdictOf(run), said(run, 'opened')]).toEqual(['rolled-back - exit 0', 'INC-one']);
    const found = await page(namespace);
    expect(found.closed).toMatchObject({ outcome: 'rolled-back', by: 'INC-one' });
    expect(found.pins).toMatchObject([{ component: 'api', from: { id: '2' }, to: { id: '1' } }]);
    expect(await holder(namespace)).toBe('');
    await api.deploy({ version: '3' });
    const next = await press({ incident: 'INC-two' });
    expect([said(next, 'opened'), said(next, 'continued'), pins(next)]).toEqual([
      'INC-two',
      undefined,
      ['api 4 → 3'],
    ]);
  });

  test('after kill -9 the same pins are taken, also where they would be chosen otherwise by now', async () => {
    const { namespace, release, press, count, file } = await scene(
      '      - { name: once, run: "echo x >> once" }\n      - { name: hold, run: "test ! -e hold || sleep 30", idempotent: true }\n      - { rollback: api }\n',
    );
    const api = release('api');
    for (const version of ['1', '2', '3']) await api.deploy({ version });
    await writeFile(file('hold'), '');
    // Version 2 is bad as well; whoever presses first knows that.
    await press({ incident: 'INC-dead', to: 'api=1' }, async (child, temp) => {
      await untilJournalled(temp, '"step":"app/hold","operation"');
      child.kill('SIGKILL');
    });
    await rm(file('hold'));
    expect((await page(namespace)).closed).toBeUndefined();
    // Whoever presses next does not: chosen anew, "previous" would be the other bad one.
    const planned = await press({ 'dry-run': 'true' });
    expect([verdictOf(planned), said(planned, 'continued')]).toEqual(['planned - exit 0', 'INC-dead']);
    const run = await press({ incident: 'INC-next' });
    expect([verdictOf(run), said(run, 'continued'), pins(run), await api.liveVersion()]).toEqual([
      'rolled-back - exit 0',
      'INC-dead',
      ['api 3 → 1'],
      '1',
    ]);
    expect(digest(run)).toBe(digest(planned));
    expect(await count('once')).toBe(1);
    expect(stepLines(run)).toContain('app/once: skipped');
    expect((await page(namespace)).closed).toMatchObject({ by: 'INC-next' });
    expect(run.summary).toContain('INC-dead');
  });

  test('after a halt what failed is done again, and what succeeded is not; its outputs are there', async () => {
    const { release, press, count, file } = await scene(
      [
        '      - id: first',
        '        env: { BY: "${{ incident.actor }} ${{ incident.reason }} ${{ components.api.live.version }}" }',
        '        run: "echo x >> first; echo key=seven >> $ROLLBACK_PLAN_OUTPUT"',
        '        outputs: [key]',
        '      - { rollback: api }',
        '      - name: second',
        '        env: { KEY: "${{ steps.first.outputs.key }}" }',
        '        run: \'echo "$KEY" >> second; test -e mended\'',
        '',
      ].join('\n'),
    );
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const halted = await press();
    expect(verdictOf(halted)).toBe('halted command-failed exit 1');
    await writeFile(file('mended'), '');
    // Somebody else presses, for another reason, and what is live has moved.
    const run = await press({ reason: 'second try' }, undefined, { env: { GITHUB_ACTOR: 'day-shift' } });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect([await count('first'), await readFile(file('second'), 'utf8')]).toEqual([1, 'seven\nseven\n']);
  });

  test.each([
    ['skip-step', 1],
    ['repeat-step', 2],
  ])(
    'what nobody saw the end of is asked for before anything changes, and %s answers',
    async (word, times) => {
      const { release, press, count } = await scene(
        '      - { name: charge, run: "echo x >> charge; test -e done || { touch done; sleep 30; }" }\n      - { rollback: api }\n',
      );
      const api = release('api');
      await api.deploy({ version: '1' });
      await api.deploy({ version: '2' });
      await press({}, async (child, temp) => {
        await untilJournalled(temp, '"step":"app/charge","operation"');
        await sleep(500);
        child.kill('SIGKILL');
      });
      const asked = await press();
      expect([verdictOf(asked), await api.liveVersion()]).toEqual(['refused step-undecided exit 1', '2']);
      expect(asked.summary).toContain('skip-step:app/charge');
      const mistyped = await press({ override: `${word}:app/chrage` });
      expect([verdictOf(mistyped), await count('charge')]).toEqual(['refused override-unknown exit 1', 1]);
      const run = await press({ override: `${word}:app/charge` });
      expect([verdictOf(run), await api.liveVersion(), await count('charge')]).toEqual([
        'rolled-back - exit 0',
        '1',
        times,
      ]);
    },
  );

  test('killed while Helm is at work, the next press goes on, and needs no word for its own pending release', async () => {
    const { release, press } = await scene('      - { rollback: api }\n');
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    await press({}, async (child, temp) => {
      await untilActing(temp, api);
      child.kill('SIGKILL');
    });
    expect(await api.history()).toContain('pending-rollback');
    const run = await press();
    expect([verdictOf(run), await api.liveVersion()]).toEqual(['rolled-back - exit 0', '1']);
    expect(run.summary).toContain('an earlier run of this incident began it');
  });

  test('with the Lease deleted under it, a run stops, and the next one waits for what it had begun', async () => {
    const { namespace, release, press, count } = await scene(
      '      - { name: slow, timeout: 25s, run: "echo x >> slow; sleep 20; echo x >> slow" }\n      - { rollback: api }\n',
    );
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    let second: Promise<ActionRun> | undefined;
    const first = await press({}, async (_child, temp) => {
      await untilJournalled(temp, '"step":"app/slow","operation"');
      await kubectl('--namespace', namespace, 'delete', 'lease', 'rollback-plan-shop');
      second = press();
    });
    expect(verdictOf(first)).toBe('halted lock-lost exit 1');
    const asked = await second;
    expect(asked === undefined ? '' : verdictOf(asked)).toBe('refused step-undecided exit 1');
    expect(asked?.log).toMatch(/may still be at work: waiting 2\d s more.*take-lock:1/);
    // Waited for once, and never again.
    const again = await press({ override: 'repeat-step:app/slow' });
    expect([verdictOf(again), again.log.includes('may still be at work')]).toEqual([
      'rolled-back - exit 0',
      false,
    ]);
    expect(await count('slow')).toBe(3);
  });

  test('a new deploy supersedes, and so do other versions by name', async () => {
    const { release, press, file } = await scene(
      '      - { rollback: api }\n      - { name: fails, run: "test -e mended" }\n',
    );
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    expect(verdictOf(await press({ incident: 'INC-a' }))).toBe('halted command-failed exit 1');
    await api.deploy({ version: '3' });
    const second = await press({ incident: 'INC-b' });
    expect([said(second, 'superseded'), said(second, 'opened')]).toEqual(['INC-a', 'INC-b']);
    await writeFile(file('mended'), '');
    const third = await press({ incident: 'INC-c', to: 'api=2', override: 'unverified-target' });
    expect([said(third, 'superseded'), verdictOf(third), await api.liveVersion()]).toEqual([
      'INC-b',
      'rolled-back - exit 0',
      '2',
    ]);
  });

  test('of two presses at once one acts, and the other is refused with the holder', async () => {
    const { release, press } = await scene(
      '      - { name: slow, run: sleep 12 }\n      - { rollback: api }\n',
    );
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const runs = await Promise.all([press(), press()]);
    expect(runs.map(verdictOf).sort()).toEqual(['refused locked exit 1', 'rolled-back - exit 0']);
    expect(await api.history()).toBe('1 superseded, 2 superseded, 3 deployed');
  });

  test('with local-journal neither is kept, and the record says so', async () => {
    const { namespace, release, press } = await scene('      - { rollback: api }\n');
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const run = await press({ override: 'local-journal' });
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    await expect(page(namespace)).rejects.toThrow('not found');
    await expect(holder(namespace)).rejects.toThrow('not found');
    expect(run.summary).toContain('neither lock nor journal');
  });

  test('cancelled, it gives the lock back and leaves the incident open', async () => {
    const { namespace, release, press } = await scene(
      '      - { name: slow, run: sleep 12 }\n      - { rollback: api }\n',
    );
    const api = release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
    const run = await press({}, async (child, temp) => {
      await untilJournalled(temp, '"step":"app/slow","operation"');
      child.kill('SIGINT');
    });
    expect(verdictOf(run)).toBe('interrupted cancelled exit 1');
    expect(await holder(namespace)).toBe('');
    const found = await page(namespace);
    expect([found.closed, found.runs[0]?.ended?.outcome]).toEqual([undefined, 'interrupted']);
    // A run that keeps no state names what the next press will go on from, knowing nothing of it.
    const beside = await press({ override: 'local-journal', 'dry-run': 'false', to: 'api=2' });
    expect(beside.summary).toContain(`incident ${run.journal[0]?.['incident']} is open in the target`);
    expect(beside.summary).toContain('get configmap rollback-plan-journal-shop');
  });
});
