// Plans whose steps wait, call a server with a secret, and put versions out, through the bundle on a real cluster and a
// real HTTP server: what a dry run leaves alone, what a run does, what halts it, and where the secret never is.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type Acting, plainDeployment, setActing, stepLines } from '../support/acting.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { type OwnStage, setStage } from '../support/scene.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;
const token = 'tok-7f3a-correct-horse-battery';
const secret = { API_TOKEN: token };

type Asked = { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: string };

let shared: OwnStage<'helm3' | 'helm4'>;
let asked: Asked[] = [];
let answer: (request: Asked, response: ServerResponse) => void;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const seen = {
      line: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    asked.push(seen);
    answer(seen, response);
  });
});
let origin = '';

beforeAll(async () => {
  if (!parts.ready) return;
  shared = await setStage('helm3', 'helm4');
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterEach(() => {
  asked = [];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await shared?.stop();
});

const echo = (status: number) => (request: Asked, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  // A server that gives the secret back, as debug endpoints do.
  response.end(JSON.stringify({ job: { id: 'job-41' }, you: request.headers['authorization'] ?? null }));
};

/** Every text that leaves a run: log, summary, outputs, and each file in its folder. */
async function everythingOf(run: ActionRun): Promise<string> {
  const runs = dirname(dirname(run.outputs['result'] ?? ''));
  const files = (await readdir(runs, { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  expect(files.map((each) => each.name)).toEqual(expect.arrayContaining(['journal.jsonl', 'incident.md']));
  const texts = await Promise.all(files.map((each) => readFile(join(each.parentPath, each.name), 'utf8')));
  // The runner swallows the command that tells it what to mask.
  const log = run.log.replaceAll(/^::add-mask::.*$/gm, '');
  return [...texts, log, run.summary, JSON.stringify(run.outputs)].join('\n');
}

const settingsFile = `apiVersion: v1
kind: ConfigMap
metadata: { name: flags }
data: { broken: "yes" }
---
apiVersion: v1
kind: Secret
metadata: { name: flags }
stringData: { password: very-well-hidden-password }
`;

const fullPlan = (namespace: string): string => `version: 1
service: shop
secrets: [API_TOKEN]
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
phases:
  - name: before
    steps:
      - { uses: wait, with: { for: 700ms, because: the cache to expire } }
      - id: freeze
        uses: http
        with:
          url: ${origin}/freeze
          bearer-token-env: API_TOKEN
          headers-from-env: { X-Api-Key: API_TOKEN }
          json: { reason: "\${{ incident.reason }}" }
          outputs: { job: job.id }
  - name: application
    steps: [{ rollback: api }]
  - name: out
    steps:
      - { id: chart, uses: deploy, with: { helm: { release: web, chart: ./chart, values: [bad.yaml], set: { version: "bad-9" } } } }
      - { id: image, uses: deploy, with: { workload: { name: deployment/plain, image: "registry.example/plain:bad" } } }
      - { id: manifest, uses: deploy, with: { manifest: flags.yaml } }
      - uses: http
        with: { url: "${origin}/done/\${{ steps.freeze.outputs.job }}", method: PUT, done-if: { url: "${origin}/state", json: { job: { id: job-41 } } } }
  - name: back
    steps:
      - { id: revision, uses: deploy, with: { helm: { release: web, revision: 1 } } }
      - { id: undo, uses: deploy, with: { workload: { name: deployment/plain, revision: 1 } } }
verify:
  - { uses: rollout, with: { workload: deployment/api } }
`;

describeReal.each([['3'], ['4']] as const)('with Helm %s', (major) => {
  const helm = (): string => (major === '3' ? shared.tools.helm3 : shared.tools.helm4);

  test('a dry run shows everything and changes nothing; the run does it, and the secret is nowhere', async () => {
    const stage = await setActing(shared, helm(), fullPlan);
    const { namespace, workspace, kubectl } = stage;
    const imageOf = (name: string): string =>
      kubectl('get', name, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
    const [api, web] = [stage.release('api'), stage.release('web')];
    for (const version of ['1', '2']) await api.deploy({ version });
    await web.deploy({ version: '1' });
    await writeFile(join(workspace, 'plain.yaml'), plainDeployment('registry.example/plain:1'));
    await writeFile(join(workspace, 'bad.yaml'), 'replicas: 1\nbehaviour: crash\n');
    await writeFile(join(workspace, 'flags.yaml'), settingsFile);
    kubectl('apply', '-f', join(workspace, 'plain.yaml'));
    answer = echo(200);

    const before = [await api.history(), await web.history(), imageOf('deployment/plain')];
    const planned = await stage.press({ 'dry-run': 'true', reason: 'drill' }, secret);
    expect(verdictOf(planned)).toBe('planned - exit 0');
    for (const command of [
      'sleep 0.7',
      `POST ${origin}/freeze (Content-Type: ***, X-Api-Key: $API_TOKEN, Authorization: Bearer $API_TOKEN, 18 bytes)`,
      `helm upgrade web ./chart --namespace ${namespace}`,
      `--set-json 'version="bad-9"'`,
      `kubectl set image deployment/plain app=registry.example/plain:bad --namespace=${namespace}`,
      `kubectl apply -f flags.yaml --namespace=${namespace}`,
      `helm rollback web 1 --namespace ${namespace}`,
      `kubectl rollout undo deployment/plain --to-revision=1 --namespace=${namespace}`,
      '-image: registry.example/plain:1',
      '+image: registry.example/plain:bad',
      'registry.example/web:bad-9',
      '"reason":"drill"',
    ]) {
      expect([command, planned.summary.includes(command)]).toEqual([command, true]);
    }
    expect(asked).toEqual([]);
    expect([await api.history(), await web.history(), imageOf('deployment/plain')]).toEqual(before);
    expect(kubectl('get', 'configmap', 'flags', '--ignore-not-found')).toBe('');

    const run = await stage.press({ reason: 'drill' }, secret);
    expect(stepLines(run)).toEqual([
      'before/wait: succeeded',
      'before/freeze: succeeded',
      'application/api: succeeded',
      'out/chart: succeeded',
      'out/image: succeeded',
      'out/manifest: succeeded',
      'out/http: succeeded',
      'back/revision: succeeded',
      'back/undo: succeeded',
    ]);
    expect(verdictOf(run)).toBe('rolled-back - exit 0');
    expect(asked[0]).toMatchObject({
      line: 'POST /freeze',
      body: '{"reason":"drill"}',
      headers: { authorization: `Bearer ${token}`, 'x-api-key': token, 'content-type': 'application/json' },
    });
    expect(asked.map(({ line }) => line)).toEqual(['POST /freeze', 'PUT /done/job-41', 'GET /state']);
    expect(asked[1]?.headers['authorization']).toBeUndefined();
    expect(await web.history()).toBe('1 superseded, 2 superseded, 3 deployed');
    expect([imageOf('deployment/plain'), imageOf('deployment/web')]).toEqual([
      'registry.example/plain:1',
      'registry.example/web:1',
    ]);
    expect(kubectl('get', 'configmap', 'flags', '-o', 'jsonpath={.data.broken}')).toBe('yes');
    const everything = `${await everythingOf(run)}\n${await everythingOf(planned)}`;
    expect(everything).toContain('job-41');
    for (const hidden of [
      token,
      'very-well-hidden',
      Buffer.from('very-well-hidden').toString('base64').slice(0, 16),
    ]) {
      expect([hidden.slice(0, 4), everything.includes(hidden)]).toEqual([hidden.slice(0, 4), false]);
    }
  });

  test('a bad version is out when Helm says so, whatever its pods do, and a busy or missing release is refused', async () => {
    const step =
      (settings: string, more = '') =>
      (namespace: string) =>
        `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
phases:
  - name: out
    steps: [{ id: out, uses: deploy, with: { helm: { ${settings} } }${more} }]
`;
    const stage = await setActing(
      shared,
      helm(),
      step('release: api, chart: chart, set: { version: "bad", behaviour: crash }'),
    );
    const api = stage.release('api');
    await api.deploy({ version: '1' });
    const inputs = { override: 'rerun' };
    const run = await stage.press(inputs, secret);
    expect([stepLines(run), await api.history(), await api.liveVersion()]).toEqual([
      ['out/out: succeeded'],
      '1 superseded, 2 deployed',
      'bad',
    ]);
    expect(run.incident).toContain('whether it is healthy is for the checks to judge');

    for (const [settings, code] of [
      ['release: nobody, chart: chart', 'component-missing'],
      ['release: api, revision: 9', 'to-unknown-version'],
      ['release: api, chart: nothing-here', 'prepare-failed'],
      ['release: api, chart: chart, version: 1.0.0', 'prepare-failed'],
      ['release: api, chart: chart, values: [missing.yaml]', 'prepare-failed'],
    ] as const) {
      await writeFile(join(stage.workspace, 'rollback.yml'), step(settings)(stage.namespace));
      const refused = await stage.press({ ...inputs, 'dry-run': 'true' }, secret);
      expect([settings, verdictOf(refused)]).toEqual([settings, `refused ${code} exit 1`]);
    }
    await writeFile(
      join(stage.workspace, 'rollback.yml'),
      step('release: api, chart: chart, set: { version: "9,9" }')(stage.namespace),
    );
    const invalid = await stage.press({ ...inputs, 'dry-run': 'true' }, secret);
    expect(invalid.summary).toMatch(/THE SERVER WOULD REFUSE .*9,9/);
    expect(await api.history()).toBe('1 superseded, 2 deployed');
  });
});

describeReal('a request', () => {
  const plan =
    (settings: string, more = '') =>
    (namespace: string): string =>
      `version: 1
service: shop
secrets: [API_TOKEN]
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
phases:
  - name: tell
    steps: [{ id: tell, uses: http, with: { ${settings} }${more} }]
  - name: application
    steps: [{ rollback: api }]
`;
  const moved = async (text: (namespace: string) => string): Promise<{ stage: Acting; run: ActionRun }> => {
    const stage = await setActing(shared, shared.tools.helm4, text);
    for (const version of ['1', '2']) await stage.release('api').deploy({ version });
    return { stage, run: await stage.press({}, secret) };
  };

  test('that is answered with 500 halts the run before anything else happens, and is not sent again', async () => {
    answer = echo(500);
    const { stage, run } = await moved(plan(`url: "${origin}/purge"`));
    expect(verdictOf(run)).toBe('halted command-failed exit 1');
    expect(stepLines(run)).toEqual(['tell/tell: failed', 'application/api: skipped']);
    expect(asked.map(({ line }) => line)).toEqual(['POST /purge']);
    expect(run.incident).toContain('answered 500');
    expect(await stage.release('api').history()).toBe('1 superseded, 2 deployed');
  });

  test('that is never answered is not repeated, and its outcome is unknown', async () => {
    answer = () => undefined;
    const { run } = await moved(plan(`url: "${origin}/slow"`, ', timeout: 1s'));
    expect(verdictOf(run)).toBe('halted command-timeout exit 1');
    expect(stepLines(run)).toEqual(['tell/tell: unknown', 'application/api: skipped']);
    expect(asked.map(({ line }) => line)).toEqual(['POST /slow']);
  });

  test('that failed is sent again where it may be, and not when its work is seen to be done', async () => {
    let tries = 0;
    answer = (request, response) => {
      if (request.line.startsWith('GET')) return echo(404)(request, response);
      tries += 1;
      return echo(tries === 1 ? 503 : 200)(request, response);
    };
    const again = await moved(plan(`url: "${origin}/flag", method: PUT`));
    expect([stepLines(again.run)[0], tries]).toEqual(['tell/tell: succeeded', 2]);

    tries = 0;
    answer = (request, response) => {
      if (!request.line.startsWith('GET')) tries += 1;
      return echo(request.line.startsWith('GET') ? 200 : 503)(request, response);
    };
    const done = await moved(
      plan(`url: "${origin}/flag", idempotent: true, done-if: { url: "${origin}/flag" }`),
    );
    expect([stepLines(done.run)[0], tries]).toEqual(['tell/tell: succeeded', 1]);
  });

  test('that is redirected goes no further, and a secret that the plan does not declare is never sent', async () => {
    answer = (_, response) => {
      response.writeHead(302, { location: 'http://elsewhere.example/' });
      response.end();
    };
    const redirected = await moved(plan(`url: "${origin}/old"`));
    expect(verdictOf(redirected.run)).toBe('halted command-failed exit 1');
    expect(redirected.run.incident).toContain('elsewhere.example');

    asked = [];
    const undeclared = await moved(plan(`url: "${origin}/x", bearer-token-env: GITHUB_TOKEN`));
    expect(verdictOf(undeclared.run)).toBe('halted secret-missing exit 1');
    expect(asked).toEqual([]);
  });
});
