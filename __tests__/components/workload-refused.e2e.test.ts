// `workload` through the bundle on a real cluster, where it can't go back or must not call that a success: somebody else's
// workload, a paused one, no revisions, no replicas, a server that says no.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, setStage } from '../support/scene.ts';
import { setWorkloadScene, type WorkloadScene, workloadPlan } from './workload-scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const rolledBack = 'rolled-back - exit 0';
const alreadyThere = 'already-there - exit 0';

describeReal('a workload that can’t simply go back', () => {
  let stage: OwnStage<'helm4'>;
  let helm = '';
  const scene = (plan: (namespace: string) => string): Promise<WorkloadScene> =>
    setWorkloadScene(stage, helm, plan);
  const of = (name: string): Promise<WorkloadScene> => scene(workloadPlan(name));

  beforeAll(async () => {
    stage = await setStage('helm4');
    helm = stage.tools.helm4;
  });
  afterAll(() => stage?.stop());

  test('what Helm owns is refused, with the lines to write', async () => {
    const { release, press } = await of('deployment/api');
    await release('api').deploy({ version: '1' });
    await release('api').deploy({ version: '2' });
    const run = await press();
    expect(verdictOf(run)).toBe('refused managed-elsewhere exit 1');
    expect(run.log).toContain('uses: helm-release, with: { release: api }');
    expect(await release('api').liveVersion()).toBe('2');
  });

  test('a paused Deployment is refused with the command that resumes it, and goes back after it', async () => {
    const { deploy, press, kubectl, liveTag, namespace } = await of('deployment/worker');
    await deploy('deployment/worker', { version: '1' });
    await deploy('deployment/worker', { version: '2' });
    kubectl(['rollout', 'pause', 'deployment/worker']);
    const run = await press();
    expect(verdictOf(run)).toBe('refused workload-paused exit 1');
    const command = `rollout resume deployment/worker --namespace=${namespace}`;
    expect(run.log).toContain(`kubectl ${command}`);
    kubectl(command.split(' '));
    expect([verdictOf(await press()), liveTag('deployment/worker')]).toEqual([rolledBack, '1']);
  });

  test('a release that one of them has no revision of is gone, and says whose', async () => {
    const { deploy, press } = await of('[deployment/api, deployment/worker]');
    await deploy('deployment/api', { version: '1' });
    await deploy('deployment/api', { version: '2' });
    await deploy('deployment/worker', { version: '2' });
    const run = await press({ to: 'worker=1' });
    expect(verdictOf(run)).toBe('refused to-not-deployable exit 1');
    expect(run.log).toContain('deployment/worker kept no revision of 1');
  });

  test('without kept revisions there is nowhere to go', async () => {
    const { deploy, press } = await of('deployment/worker');
    const spec = { revisionHistoryLimit: 0 };
    await deploy('deployment/worker', { version: '1', spec });
    await deploy('deployment/worker', { version: '2', spec });
    await sleep(500);
    expect(verdictOf(await press())).toBe('refused to-no-candidate exit 1');
  });

  test('OnDelete: the template is back, the bad pods are not replaced, and that is no success', async () => {
    const { deploy, press, pods, kubectl } = await of('statefulset/db');
    const spec = { updateStrategy: { type: 'OnDelete' } };
    await deploy('statefulset/db', { version: '1', spec });
    await sleep(1_050); // revisions of one second can't be told apart by age
    kubectl(['patch', 'statefulset/db', '--patch={"spec":{"template":{"spec":{"nodeSelector":{"a":"b"}}}}}']);
    kubectl(['delete', 'pod', 'db-1', '--wait=false']);
    await sleep(500);
    const run = await press();
    expect(verdictOf(run)).toBe('halted step-not-verified exit 1');
    expect(run.summary).toContain('its update strategy is OnDelete');
    kubectl(['delete', 'pod', 'db-1', '--wait=false']);
    // The controller counts a moment after the pod is there.
    kubectl(['wait', 'statefulset/db', '--for=jsonpath={.status.updatedReplicas}=2', '--timeout=20s']);
    kubectl(['wait', 'statefulset/db', '--for=jsonpath={.status.readyReplicas}=2', '--timeout=20s']);
    expect(pods('statefulset/db')).toEqual(['db:1 ready', 'db:1 ready']);
    // The press that halted is continued, and with this one the incident is over.
    expect([verdictOf(await press()), verdictOf(await press())]).toEqual([rolledBack, alreadyThere]);
  });

  test('at zero replicas the template goes back, and nobody calls that a success', async () => {
    const { deploy, press, kubectl, liveTag } = await of('deployment/worker');
    await deploy('deployment/worker', { version: '1' });
    await deploy('deployment/worker', { version: '2' });
    kubectl(['scale', 'deployment/worker', '--replicas=0']);
    await sleep(500);
    const run = await press();
    expect([verdictOf(run), liveTag('deployment/worker')]).toEqual(['halted step-not-verified exit 1', '1']);
    expect(run.summary).toContain('scaled to 0');
  });

  test('what the server would refuse is refused before anything changes, in its own words', async () => {
    const { deploy, press, kubectl, liveTag, namespace } = await of('deployment/worker');
    await deploy('deployment/worker', { version: '1' });
    await deploy('deployment/worker', { version: '2', behaviour: 'crash' });
    const policy = (kind: string, spec: object): string =>
      JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind,
        metadata: { name: namespace },
        spec,
      });
    kubectl(
      ['apply', '--filename=-'],
      policy('ValidatingAdmissionPolicy', {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['deployments'],
            },
          ],
        },
        validations: [
          {
            expression: "object.spec.template.spec.containers.all(c, !c.image.endsWith(':1'))",
            message: 'version 1 has a known hole',
          },
        ],
      }),
    );
    kubectl(
      ['apply', '--filename=-'],
      policy('ValidatingAdmissionPolicyBinding', {
        policyName: namespace,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        },
      }),
    );
    let run = await press({ 'dry-run': 'true' });
    for (let look = 0; look < 20 && run.outputs['outcome'] !== 'refused'; look++) {
      await sleep(500);
      run = await press({ 'dry-run': 'true' });
    }
    expect(verdictOf(run)).toBe('refused server-refusal exit 1');
    expect(run.log).toContain('version 1 has a known hole');
    expect(liveTag('deployment/worker')).toBe('2');
  });
});
