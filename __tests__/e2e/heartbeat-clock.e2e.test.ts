// The heartbeat by a clock that the test sets: minutes, a day and months after a rollback on a real cluster, with real
// checks and a real forge. The world is composed as the action composes it, with another clock and in this process.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { collectInputs, defaultInput, type InputName } from '../../src/action-io.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { createWorld } from '../../src/compose-world.ts';
import { conduct } from '../../src/pipeline.ts';
import type { Log } from '../../src/ports.ts';
import type { Conclusion } from '../../src/report/write-reports.ts';
import { readRequest } from '../../src/request.ts';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { runCommandLine } from '../support/command-line.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';
import { sharedForge, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const content = z.object({ content: z.string(), sha: z.string() });
const page = z.looseObject({
  rechecks: z.array(
    z.looseObject({ due: z.array(z.looseObject({ done: z.object({ state: z.string() }).optional() })) }),
  ),
  drills: z.array(z.looseObject({ at: z.string() })),
  followUps: z.array(
    z.looseObject({
      tasks: z.array(
        z.looseObject({ name: z.string(), due: z.string(), done: z.object({ by: z.string() }).optional() }),
      ),
    }),
  ),
  log: z.array(z.looseObject({ did: z.string(), reason: z.string() })),
});

describeReal('as time goes by', () => {
  let stage: OwnStage<'helm4'>;
  let forge: Forge;
  let repository: Repository;
  let front: Server;
  let on: Scene;
  let looks = 0;
  let answer = 200;
  /** When the rollback ended, or the drill, by the real clock. */
  let endedAt = 0;
  let beats = 0;
  const told: string[] = [];

  beforeAll(async () => {
    [stage, forge] = await Promise.all([setStage('helm4'), sharedForge()]);
    front = createServer((_, response) => {
      looks += 1;
      response.writeHead(answer).end();
    });
    await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
    // @ts-expect-error a listening TCP server has a port
    const { port }: AddressInfo = front.address();
    let plan = '';
    on = await setScene(stage, stage.tools.helm4, (namespace) => {
      plan = `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
severities: { P0: {} }
verify:
  - { uses: http, with: { url: "http://127.0.0.1:${port}/", expect: { status: 200 } }, within: 1s }
recovery: { rechecks: [15m, 1h, 24h] }
follow-ups:
  postmortem: { title: Postmortem held, within: 96h, by-severity: { P0: 48h }, owner: sre-lead }
  root-cause: { title: Root cause found, within: 5d, overdue: fail }
drill:
  every: 90d
  break: [{ run: "true" }]
`;
      return plan;
    });
    repository = await forge.createRepository(uniqueName('clocked'), {
      private: true,
      files: { 'rollback.yml': plan },
    });
    const api = on.release('api');
    await api.deploy({ version: '1' });
    await api.deploy({ version: '2' });
  });
  afterAll(async () => {
    front?.close();
    await forge?.stop();
    await stage?.stop();
  });

  const surroundings = (): Readonly<Record<string, string>> => ({
    GITHUB_API_URL: forge.apiUrl,
    GITHUB_SERVER_URL: forge.url,
    GITHUB_REPOSITORY: repository.fullName,
  });

  /** One heartbeat this long after the rollback, to the millisecond. Without a forge the plan is that of the folder. */
  async function beat(
    afterMs: number,
    more: Partial<Record<InputName, string>> = {},
    hasForge = true,
  ): Promise<Conclusion> {
    beats += 1;
    const inputs: Partial<Record<InputName, string>> = {
      mode: 'heartbeat',
      plan: 'rollback.yml',
      incident: `heartbeat-${beats}`,
      publish: 'commit',
      ...more,
    };
    const log = (): Log => ({
      debug: () => undefined,
      info: () => undefined,
      warning: (line) => void told.push(line),
      error: (line) => void told.push(line),
      group: () => undefined,
      endGroup: () => undefined,
    });
    const world = createWorld({
      environment: {
        ...(hasForge ? surroundings() : {}),
        PATH: [
          ...[stage.tools.helm4, stage.kubectl].map((tool) => join(tool, '..')),
          process.env['PATH'],
        ].join(':'),
        HOME: on.workspace,
        KUBECONFIG: stage.cluster.kubeconfig,
      },
      workspace: on.workspace,
      runsFolder: join(stage.folder, 'beats'),
      token: hasForge ? forge.adminToken : '',
      plansFrom: hasForge ? 'forge' : 'clone',
      log,
      mask: () => undefined,
      // The time of day is the test's; how long things take is not.
      clock: { ...systemClock, now: () => new Date(endedAt + afterMs) },
    });
    try {
      const values = collectInputs((name) => inputs[name] ?? defaultInput(name));
      const caller = { actor: 'clock', run: undefined, tool: '0.0.0', commit: undefined };
      return await conduct(
        'heartbeat',
        readRequest(values, caller, () => 'unused'),
        world,
      );
    } finally {
      await world.dispose();
    }
  }

  const verdict = ({ verdict: { outcome, fault } }: Conclusion): string => `${outcome} ${fault?.code ?? '-'}`;
  const ledger = async (): Promise<z.infer<typeof page>> => {
    const path = `/api/v1/namespaces/${on.namespace}/configmaps/rollback-plan-ledger`;
    const { body } = await stage.cluster.call('GET', path);
    return page.parse(
      JSON.parse(z.looseObject({ data: z.object({ shop: z.string() }) }).parse(body).data.shop),
    );
  };
  const noted = async (): Promise<readonly (string | undefined)[]> =>
    (await ledger()).rechecks.flatMap(({ due }) => due.map(({ done }) => done?.state));
  const contents = `/contents/incidents`;
  const fileOn = async (name: string): Promise<{ readonly text: string; readonly sha: string }> => {
    const { status, body } = await forge.call('GET', `/repos/${repository.fullName}${contents}/${name}`);
    if (status !== 200) return { text: '', sha: '' };
    const file = content.parse(body);
    return { text: Buffer.from(file.content, 'base64').toString('utf8'), sha: file.sha };
  };
  const overdueGates = ({ report }: Conclusion): readonly string[] =>
    report.gates
      .filter(({ name, state }) => name === 'follow-up' && state !== 'pass')
      .map(({ state, detail }) => `${state}: ${detail}`);

  test('looks, drills and follow-ups are due when the plan says, told late when missed, and done once', async () => {
    const back = await on.press(
      {
        incident: 'INC-clock',
        to: 'previous',
        severity: 'P0',
        publish: 'commit',
        token: forge.adminToken,
      },
      undefined,
      { env: surroundings() },
    );
    expect(verdictOf(back)).toBe('rolled-back - exit 0');
    const at = (await ledger()).followUps[0]?.tasks.map(({ due }) => Date.parse(due)) ?? [];
    // The severity's time for the one, the plan's for the other.
    endedAt = (at[0] ?? 0) - 48 * hour;
    expect(at[1]).toBe(endedAt + 5 * day);
    const boxes = (await fileOn('INC-clock.md')).text.match(/^- \[ \] .*follow-up.*$/gm) ?? [];
    expect(boxes).toEqual([
      expect.stringMatching(/^- \[ \] Postmortem held \(who: sre-lead, by: \d{4}-.* UTC\) /),
      expect.stringMatching(/^- \[ \] Root cause found \(who: \*\*TODO\*\*, by: /),
    ]);

    // Looks are noted a moment before the follow-ups; a second of room, and not a minute.
    looks = 0;
    const early = await beat(15 * minute - 5_000);
    expect([verdict(early), looks, await noted()]).toEqual([
      'verified -',
      0,
      [undefined, undefined, undefined],
    ]);
    expect(early.summary).toContain('A drill of shop is overdue');

    const first = await beat(15 * minute);
    expect([verdict(first), looks, await noted()]).toEqual(['verified -', 1, ['pass', undefined, undefined]]);
    expect(first.report.rechecks.map(({ late }) => late)).toEqual(['on time']);
    await beat(15 * minute + 1_000);
    expect(looks).toBe(1);

    // The look after an hour was missed: both are one look, a day later and red.
    answer = 503;
    const late = await beat(25 * hour);
    expect([verdict(late), looks, await noted()]).toEqual([
      'failed check-failed',
      2,
      ['pass', 'fail', 'fail'],
    ]);
    expect(late.report.rechecks.map(({ late: words, due }) => `${due.length} ${words}`)).toEqual([
      '2 24 h late',
    ]);
    expect(late.report.followUps.flatMap(({ tasks }) => tasks.map(({ state }) => state))).toEqual([
      'soon',
      'open',
    ]);
    expect(late.summary).toContain('Postmortem held (after INC-clock, sre-lead) is due by');
    expect((await fileOn('INC-clock-rechecks.md')).text).toMatch(/\| ✅ \|[\s\S]*\| ❌ \|[\s\S]*\| ❌ \|/);

    // Nothing to look at any more; what people owe is told every time, and kept once.
    const owed = await beat(48 * hour + 2 * minute);
    expect([verdict(owed), looks]).toEqual(['verified -', 2]);
    expect(overdueGates(owed)).toEqual([
      'warn: Postmortem held (after INC-clock, sre-lead) is overdue for 2 m',
    ]);
    expect(told).toContain('Postmortem held (after INC-clock, sre-lead) is overdue for 2 m');
    const kept = await fileOn('INC-clock-rechecks.md');
    expect(kept.text).toMatch(/\| ⚠️ \| INC-clock \| Postmortem held \| sre-lead \|.*\*\*overdue\*\*/);
    expect(kept.text).toMatch(/\| ❌ \|/);
    const again = await beat(72 * hour);
    expect(overdueGates(again)).toHaveLength(1);
    expect((await fileOn('INC-clock-rechecks.md')).sha).toBe(kept.sha);

    // Somebody ticks the box, in a sentence of their own.
    const record = await fileOn('INC-clock.md');
    const ticked = record.text.replace(/^- \[ \] Postmortem held \(.*?\) /m, '- [x] Held on Monday ');
    const put = await forge.call('PUT', `/repos/${repository.fullName}${contents}/INC-clock.md`, {
      content: Buffer.from(ticked).toString('base64'),
      sha: record.sha,
      message: 'held',
    });
    expect(put.status).toBe(200);
    const dry = await beat(73 * hour, { 'dry-run': 'true' });
    expect(overdueGates(dry)).toEqual([]);
    expect((await ledger()).followUps[0]?.tasks.map(({ done }) => done)).toEqual([undefined, undefined]);
    const held = await beat(73 * hour);
    expect([verdict(held), overdueGates(held)]).toEqual(['verified -', []]);
    expect((await ledger()).followUps[0]?.tasks.map(({ done }) => done?.by)).toEqual([
      'ticked in incidents/INC-clock.md',
      undefined,
    ]);

    // The plan says that this one is red; without a forge there is the command line.
    const red = await beat(5 * day);
    expect(verdict(red)).toBe('failed follow-up-overdue');
    const line = /rollback-plan (ledger done .*) --reason WHAT/.exec(red.summary.replaceAll('\\\n', ''))?.[1];
    expect(line).toBe(
      'ledger done --plan rollback.yml --target local --incident INC-clock --follow-up root-cause',
    );
    const typed = (...args: readonly string[]) =>
      runCommandLine(args, {
        folder: on.workspace,
        kubeconfig: stage.cluster.kubeconfig,
        path: [join(stage.kubectl, '..')],
      });
    const shown = await typed('ledger', '--plan', 'rollback.yml');
    expect(shown.stdout).toMatch(/INC-clock +root-cause +Root cause found/);
    expect(shown.stdout).toContain(`rollback-plan ${line}`);
    const wrong = await typed(
      'ledger',
      'done',
      '--plan',
      'rollback.yml',
      '--incident',
      'INC-clock',
      '--follow-up',
      'postmortem',
      '--reason',
      'x',
    );
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--follow-up root-cause')]);
    const done = await typed(...(line ?? '').split(' '), '--reason', 'an index was missing');
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('noted as done: Root cause found')]);
    expect((await ledger()).log).toEqual([
      expect.objectContaining({ did: expect.stringContaining('Root cause'), reason: 'an index was missing' }),
    ]);
    const quiet = await beat(6 * day);
    expect([verdict(quiet), quiet.report.followUps]).toEqual(['verified -', []]);
    expect(looks).toBe(2);
  });

  test('a drill that passed is fresh for as long as the plan says, and then red', async () => {
    on = await setScene(
      stage,
      stage.tools.helm4,
      (
        namespace,
      ) => `${onePlan(namespace).replace('deployment/api } }', 'deployment/api }, every: 300ms, failures: 2 }')}drill:
  every: 90d
  overdue: fail
  break:
    - run: 'helm upgrade api "$CHART" --namespace ${namespace} --set-string version=9 --set-string behaviour=crash'
      env: { CHART: "${stage.chart}" }
`,
    );
    for (const version of ['1', '2']) await on.release('api').deploy({ version });
    await stage.cluster.call('PATCH', `/api/v1/namespaces/${on.namespace}`, {
      metadata: { labels: { 'rollback-plan.dev/drill': 'allowed' } },
    });
    expect(verdictOf(await on.press({ mode: 'drill', incident: 'DRILL-1' }))).toBe('verified - exit 0');
    endedAt = Date.parse((await ledger()).drills[0]?.at ?? '');
    const at = async (afterMs: number): Promise<string> => {
      const done = await beat(afterMs, { publish: 'none' }, false);
      return `${verdict(done)}: ${done.report.gates.find(({ name }) => name === 'drill')?.detail}`;
    };
    const last = new Date(endedAt).toISOString();
    expect(await at(0)).toBe(
      `verified -: the last drill passed at ${last}; the next is due by ${new Date(endedAt + 90 * day).toISOString()}`,
    );
    expect(await at(90 * day - 1)).toMatch(/^verified -/);
    expect(await at(90 * day + 3 * hour)).toBe(
      `failed drill-overdue: the last drill passed at ${last}, so the next is overdue for 3 h`,
    );
  });
});
