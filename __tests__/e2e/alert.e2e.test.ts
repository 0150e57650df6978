// An alert from outside, all the way: a real Alertmanager tells what stands in for GitHub's dispatch API, which is as
// strict; what it took becomes the event of the run; the run acts on a real cluster with the real Helm.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { load } from 'js-yaml';
import { z } from 'zod';
import { type Alertmanager, startAlertmanager } from '../../tools/real-parts/alertmanager.ts';
import { freePorts } from '../../tools/real-parts/free-ports.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionOptions, type ActionRun, verdictOf } from '../support/runner.ts';
import {
  type OwnStage,
  onePlan,
  pins,
  type Scene,
  setScene,
  setStage,
  untilActing,
} from '../support/scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24', 'alertmanager']);
const suite = parts.ready ? describe : describe.skip;

const page = readFileSync('docs/alerts.md', 'utf8');
const block = (language: string, having: string): string => {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, is, text = '']) => is === language && text.includes(having))?.[2];
  if (found === undefined) throw new Error(`docs/alerts.md has no ${language} with ${having}`);
  return found;
};
const configured = z.object({
  receivers: z.array(z.object({ webhook_configs: z.array(z.record(z.string(), z.unknown())).default([]) })),
});

/** What GitHub's API documents of `POST /repos/{owner}/{repo}/dispatches`, and not a key more. */
const dispatch = z.strictObject({
  event_type: z.string().min(1).max(100),
  client_payload: z
    .record(z.string(), z.unknown())
    .refine((payload) => Object.keys(payload).length <= 10)
    .refine((payload) => JSON.stringify(payload).length < 65_536)
    .optional(),
});

suite('an alert from outside', () => {
  let stage: OwnStage<'helm4'>;
  let server: Server;
  let dispatches = '';
  const taken: z.infer<typeof dispatch>[] = [];
  const refusals: string[] = [];

  beforeAll(async () => {
    stage = await setStage('helm4');
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const fits = request.method === 'POST' && request.url === '/repos/acme/shop/dispatches';
      const parsed = dispatch.safeParse(JSON.parse(text));
      if (!fits) response.writeHead(404).end();
      else if (request.headers.authorization !== 'Bearer t0ken') response.writeHead(401).end();
      else if (!parsed.success) {
        refusals.push(parsed.error.message);
        response.writeHead(422).end();
      } else {
        taken.push(parsed.data);
        response.writeHead(204).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    dispatches = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repos/acme/shop/dispatches`;
  });
  afterAll(async () => {
    server?.close();
    server?.closeAllConnections();
    await stage?.stop();
  });

  /** Deployed twice; the second one is what the alert is about. */
  const twoVersions = async (severity: string, more = ''): Promise<Scene> => {
    const on = await setScene(stage, stage.tools.helm4, (namespace) =>
      onePlan(
        namespace,
        `severities: { P1: ${severity} }
triggers:
  errors: { alert: { name: HighErrorRate, labels: { service: shop } }, severity: P1 }
${more}`,
      ),
    );
    await on.release('api').deploy({ version: '1' });
    await on.release('api').deploy({ version: '2' });
    return on;
  };
  const answer = async (
    on: Scene,
    event: unknown,
    more: {
      readonly inputs?: Readonly<Record<string, string>>;
      readonly env?: Readonly<Record<string, string>>;
      readonly started?: ActionOptions['started'];
    } = {},
  ): Promise<ActionRun> => {
    const path = join(on.workspace, 'event.json');
    await writeFile(path, JSON.stringify(event));
    const env = { GITHUB_EVENT_PATH: path, ...more.env };
    return await on.press({ mode: 'alert', to: 'previous', ...more.inputs }, more.started, { env });
  };
  /** One that began to fire after all that was deployed. */
  const firing = (fingerprint: string): unknown => ({
    client_payload: {
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'HighErrorRate', service: 'shop' },
          startsAt: new Date(Date.now() + 1_000).toISOString(),
          fingerprint,
        },
      ],
    },
  });
  const live = (on: Scene): Promise<string> => on.release('api').liveVersion();
  /** The runner's event file for a dispatch. */
  const eventOf = ({ event_type, client_payload }: z.infer<typeof dispatch>): unknown => ({
    action: event_type,
    branch: 'main',
    client_payload,
    repository: { full_name: 'acme/shop' },
  });
  const nextTaken = async (wanted: RegExp): Promise<z.infer<typeof dispatch>> => {
    for (let look = 0; look < 200; look++) {
      const found = taken.findLast((one) => wanted.test(JSON.stringify(one)));
      if (found !== undefined) return found;
      await sleep(50);
    }
    throw new Error(`no dispatch with ${wanted}; refused: ${refusals.join('; ') || 'none'}`);
  };

  test('calls for a rollback once: sent again it is known, resolved it is over, another one is refused', async () => {
    const on = await twoVersions('{ action: rollback }');
    // The receiver of the page, with the stand-in's address and token.
    const receivers = configured.parse(load(block('yaml', 'client_payload'))).receivers;
    const [webhook = {}] = receivers.flatMap(({ webhook_configs }) => webhook_configs);
    const manager: Alertmanager = await startAlertmanager({
      webhook: {
        ...webhook,
        url: dispatches,
        send_resolved: true,
        http_config: { authorization: { type: 'Bearer', credentials: 't0ken' } },
      },
    });
    try {
      const labels = { alertname: 'HighErrorRate', service: 'shop', action: 'rollback' };
      // Texts that a template or YAML could take for something else.
      const annotations = { summary: 'yes: {{ 7.5 }} % "errors"\n- null', ratio: '0.075' };
      await manager.send([{ labels, annotations }]);
      const fired = await nextTaken(/"firing"/);
      expect(fired.event_type).toBe('rollback-alert');

      const run = await answer(on, eventOf(fired), { inputs: { incident: 'INC-first' } });
      expect([verdictOf(run), pins(run), await on.release('api').liveVersion()]).toEqual([
        'rolled-back deploy-rolled-back exit 1',
        ['api 2 → 1'],
        '1',
      ]);
      expect(run.journal.find(({ type }) => type === 'decided')).toMatchObject({
        decision: 'roll-back',
        trigger: 'errors',
        severity: 'P1',
        reasons: [expect.stringMatching(/^alert HighErrorRate\{.*service="shop"\} fires since 20/)],
      });

      await on.release('api').deploy({ version: '3' });
      const again = await answer(on, eventOf(fired), { inputs: { incident: 'INC-second' } });
      expect([verdictOf(again), await on.release('api').liveVersion()]).toEqual([
        'already-there - exit 0',
        '3',
      ]);
      expect(again.summary).toContain('answered before: HighErrorRate');
      expect(again.summary).toContain('Nothing to do');

      await manager.send([{ labels, annotations, endsAt: new Date(Date.now() - 1_000).toISOString() }]);
      const over = await answer(on, eventOf(await nextTaken(/"resolved"/)), {
        inputs: { incident: 'INC-third' },
      });
      expect([verdictOf(over), await on.release('api').liveVersion()]).toEqual([
        'already-there - exit 0',
        '3',
      ]);
      expect(over.summary).toContain('resolved: HighErrorRate');

      await manager.send([{ labels: { alertname: 'DiskFull', service: 'shop' } }]);
      const foreign = await answer(on, eventOf(await nextTaken(/DiskFull/)));
      expect([verdictOf(foreign), await on.release('api').liveVersion()]).toEqual([
        'refused alert-unknown exit 1',
        '3',
      ]);
      expect(foreign.summary).toContain('the plan names HighErrorRate{service="shop"}');
      expect(refusals).toEqual([]);
    } finally {
      await manager.stop();
    }
  });

  test('through the relay of the page, for an Alertmanager that can’t: left to a person where the plan says so', async () => {
    const on = await twoVersions('{ action: prepare }');
    const [port = 0] = await freePorts(1);
    const script = join(stage.folder, 'relay.mjs');
    await writeFile(script, block('js', 'createServer'));
    const relay = spawn(process.execPath, [script], {
      env: { GITHUB_TOKEN: 't0ken', DISPATCHES_URL: dispatches, PORT: String(port) },
      stdio: 'inherit',
    });
    const manager = await startAlertmanager({ webhook: { url: `http://127.0.0.1:${port}/` } });
    try {
      await manager.send([{ labels: { alertname: 'HighErrorRate', service: 'shop', by: 'relay' } }]);
      const fired = await nextTaken(/"by":"relay"/);
      const run = await answer(on, eventOf(fired));
      expect([verdictOf(run), await on.release('api').liveVersion()]).toEqual([
        'failed person-decides exit 1',
        '2',
      ]);
      expect(run.summary).toContain('rollback-plan rollback');
    } finally {
      relay.kill();
      await manager.stop();
    }
  });

  test('one that was refused calls again when it is sent again, and is watched on as long as it was asked to', async () => {
    const on = await twoVersions('{ action: rollback }');
    const event = firing('a1');
    const env = { ROLLBACK_PLAN_STOP: 'true' };
    const stopped = await answer(on, event, { env, inputs: { incident: 'INC-1', window: '2s' } });
    expect([verdictOf(stopped), await live(on)]).toEqual(['refused brake-on exit 1', '2']);
    expect(stopped.summary).toContain('watched for another 2 s: at its end all is well');
    // What a person presses is said before that.
    expect(stopped.log.indexOf('rollback-plan rollback')).toBeGreaterThan(-1);
    expect(stopped.log.indexOf('rollback-plan rollback')).toBeLessThan(stopped.log.indexOf('watched for'));

    const still = await answer(on, event, { env, inputs: { incident: 'INC-2' } });
    expect([verdictOf(still), still.summary.includes('watched for')]).toEqual([
      'refused brake-on exit 1',
      false,
    ]);
    const lifted = await answer(on, event, { inputs: { incident: 'INC-3' } });
    expect([verdictOf(lifted), await live(on)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    const after = await answer(on, event, { inputs: { incident: 'INC-4' } });
    expect([verdictOf(after), await live(on)]).toEqual(['already-there - exit 0', '1']);
  });

  test('one whose run died calls again, and what was begun is finished', async () => {
    // The one that died is counted: without this a person would have to press.
    const on = await twoVersions('{ action: rollback }', 'brake: { rollbacks: 5, cooldown: 1ms }\n');
    const event = firing('b2');
    const died = await answer(on, event, {
      inputs: { incident: 'INC-1' },
      started: async (child, temp) => {
        await untilActing(temp, on.release('api'));
        child.kill('SIGKILL');
      },
    });
    expect(died.code).not.toBe(0);
    const again = await answer(on, event, { inputs: { incident: 'INC-2' } });
    expect([verdictOf(again), await live(on)]).toEqual(['rolled-back deploy-rolled-back exit 1', '1']);
    expect(again.summary).toContain('INC-1');
    expect(verdictOf(await answer(on, event, { inputs: { incident: 'INC-3' } }))).toBe(
      'already-there - exit 0',
    );
  });

  test('of two dispatches at once one acts, and the other is red', async () => {
    const on = await twoVersions('{ action: rollback }');
    const event = firing('c3');
    const both = await Promise.all([
      answer(on, event, { inputs: { incident: 'INC-1' } }),
      answer(on, event, { inputs: { incident: 'INC-2' } }),
    ]);
    const [acted, other] = both.map(verdictOf).toSorted().toReversed();
    expect(acted).toBe('rolled-back deploy-rolled-back exit 1');
    expect(other).toMatch(/^refused (locked|live-changed) exit 1$/);
    expect(await on.release('api').history()).toBe('1 superseded, 2 superseded, 3 deployed');
  });

  test('a dry run shows the rollback and notes nothing, the brake holds, and what is no alert is refused', async () => {
    const on = await twoVersions('{ action: rollback }', 'brake: { rollbacks: 0 }\n');
    const alert = {
      status: 'firing',
      labels: { alertname: 'HighErrorRate', service: 'shop' },
      startsAt: new Date(Date.now() + 1_000).toISOString(),
      fingerprint: 'a1b2',
    };
    const event = { client_payload: { alerts: [alert] } };
    const dry = await answer(on, event, { inputs: { 'dry-run': 'true' } });
    expect([verdictOf(dry), dry.summary]).toEqual([
      'failed check-failed exit 1',
      expect.stringContaining('helm rollback api 1'),
    ]);
    // It began before what is live was put out, so that did not cause it.
    const older = { client_payload: { alerts: [{ ...alert, startsAt: '2020-01-01T00:00:00Z' }] } };
    const late = await answer(on, older, { inputs: { 'dry-run': 'true' } });
    expect(verdictOf(late)).toBe('refused live-changed exit 1');
    const braked = await answer(on, event);
    expect([verdictOf(braked), await on.release('api').liveVersion()]).toEqual([
      'refused brake-on exit 1',
      '2',
    ]);
    for (const other of [{ inputs: {} }, { client_payload: { alerts: [{ ...alert, fingerprint: 'x y' }] } }])
      expect(verdictOf(await answer(on, other))).toBe('refused alert-invalid exit 1');
  });
});
