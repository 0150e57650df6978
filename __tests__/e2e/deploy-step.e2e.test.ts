// What a deploy refuses and which values it takes, through the bundle on a real cluster with the real Helm.

import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { plainDeployment, setActing, stepLines } from '../support/acting.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, setStage } from '../support/scene.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm3', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

let shared: OwnStage<'helm3' | 'helm4'>;

beforeAll(async () => {
  if (parts.ready) shared = await setStage('helm3', 'helm4');
});
afterAll(() => shared?.stop());

describeReal('what belongs to somebody else, or is not there', () => {
  const plan =
    (settings: string) =>
    (namespace: string): string =>
      `version: 1
service: shop
targets: { local: { namespace: ${namespace} } }
components:
  api: { uses: helm-release, with: { release: api } }
phases:
  - name: out
    steps: [{ id: out, uses: deploy, with: { ${settings} } }]
`;

  test('is refused with what to write instead, and nothing changes', async () => {
    const stage = await setActing(shared, shared.tools.helm4, plan('manifest: plain.yaml'));
    const { namespace, workspace, kubectl } = stage;
    await stage.release('api').deploy({ version: '1' });
    await writeFile(join(workspace, 'plain.yaml'), plainDeployment('registry.example/plain:1'));
    await writeFile(
      join(workspace, 'owned.yaml'),
      plainDeployment('registry.example/plain:1').replaceAll('plain', 'api'),
    );
    await symlink('/etc/hostname', join(workspace, 'leads-out.yaml'));
    kubectl('apply', '-f', join(workspace, 'plain.yaml'));
    kubectl('create', 'deployment', 'paused', '--image=registry.example/x:1');
    kubectl('rollout', 'pause', 'deployment/paused');
    const before = kubectl('get', 'deployments', '-o', 'jsonpath={.items[*].metadata.generation}');
    const image = 'image: "registry.example/x:2"';
    for (const [settings, code, hint] of [
      [`workload: { name: deployment/api, ${image} }`, 'managed-elsewhere', 'helm: { release: api'],
      ['workload: { name: deployment/api, revision: 1 }', 'managed-elsewhere', 'helm: { release: api'],
      ['manifest: owned.yaml', 'managed-elsewhere', 'helm: { release: api'],
      [
        `workload: { name: deployment/plain, container: web, ${image} }`,
        'prepare-failed',
        '`container`: app',
      ],
      [`workload: { name: deployment/paused, ${image} }`, 'prepare-failed', 'rollout resume'],
      [`workload: { name: deployment/nobody, ${image} }`, 'component-missing', 'kubectl get'],
      ['workload: { name: deployment/plain, revision: 7 }', 'to-unknown-version', 'Name one of them'],
      ['manifest: leads-out.yaml', 'prepare-failed', 'below the repository'],
      ['manifest: chart', 'prepare-failed', 'below the repository'],
      ['helm: { release: api, chart: elsewhere/app }', 'prepare-failed', 'version'],
    ] as const) {
      await writeFile(join(workspace, 'rollback.yml'), plan(settings)(namespace));
      const run = await stage.press({ override: 'rerun' });
      expect([settings, verdictOf(run)]).toEqual([settings, `halted ${code} exit 1`]);
      expect([settings, run.log.includes(hint)]).toEqual([settings, true]);
      expect(run.journal.some((event) => event['type'] === 'intent')).toBe(false);
    }
    expect(kubectl('get', 'deployments', '-o', 'jsonpath={.items[*].metadata.generation}')).toBe(before);
    expect(await stage.release('api').history()).toBe('1 deployed');
  });

  test.each(['helm3', 'helm4'] as const)(
    'values are the chart’s own unless they are reused, with %s',
    async (which) => {
      const stage = await setActing(
        shared,
        shared.tools[which],
        plan('helm: { release: api, chart: ./chart, reuse-values: true }'),
      );
      const { namespace, workspace, kubectl } = stage;
      await stage.release('api').deploy({ version: '7', replicas: '1' });
      const look = (): string =>
        kubectl(
          'get',
          'deployment',
          'api',
          '-o',
          'jsonpath={.spec.replicas} {.spec.template.metadata.labels.version}',
        );
      const first = await stage.press({ override: 'rerun' });
      expect([stepLines(first), look()]).toEqual([['out/out: succeeded'], '1 7']);
      await writeFile(
        join(workspace, 'rollback.yml'),
        plan('helm: { release: api, chart: ./chart }')(namespace),
      );
      const second = await stage.press({ override: 'rerun' });
      expect([stepLines(second), look()]).toEqual([['out/out: succeeded'], '2 1']);
      await writeFile(
        join(workspace, 'rollback.yml'),
        plan('helm: { release: fresh, chart: ./chart, install: true, set: { version: 20240115 } }')(
          namespace,
        ),
      );
      const third = await stage.press({ override: 'rerun' });
      expect([stepLines(third), await stage.release('fresh').liveVersion()]).toEqual([
        ['out/out: succeeded'],
        '20240115',
      ]);
    },
  );
});
