// Proves that a started cluster works: node Ready, and a Deployment of three becomes available and goes away again.
import { z } from 'zod';
import type { ApiResponse, ClusterApi } from './cluster-api.ts';
import { nodeManifest } from './cluster-components.ts';
import type { Until } from './waiting.ts';

const NodeStatus = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional() }),
});
const DeploymentStatus = z.object({ status: z.object({ availableReplicas: z.number().optional() }) });

const replicas = 3;
const probe = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'rollback-plan-probe' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'rollback-plan-probe' } },
    template: {
      metadata: {
        labels: { app: 'rollback-plan-probe' },
        annotations: { 'rollback-plan.test/ready-after': '0s' },
      },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'probe', image: 'probe' }] },
    },
  },
} as const;

/** Creates the node, waits for it and for a first rollout. */
export async function clusterReady(api: ClusterApi, until: Until): Promise<void> {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  await expectCreated(api.call('POST', '/api/v1/nodes', nodeManifest));
  await until('the namespace default', async () =>
    (await api.call('GET', '/api/v1/namespaces/default')).status === 200 ? true : undefined,
  );
  await expectCreated(api.call('POST', deployments, probe));
  await until('the node to become Ready', async () => {
    const { body } = await api.call('GET', `/api/v1/nodes/${nodeManifest.metadata.name}`);
    const conditions = NodeStatus.parse(body).status.conditions ?? [];
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? true : undefined;
  });
  await until('a first Deployment to become available', async () => {
    const { body } = await api.call('GET', `${deployments}/${probe.metadata.name}`);
    return DeploymentStatus.parse(body).status.availableReplicas === replicas ? true : undefined;
  });
  await api.call('DELETE', `${deployments}/${probe.metadata.name}?propagationPolicy=Foreground`);
  await until('the first Deployment to go away', async () => {
    const { status } = await api.call('GET', `${deployments}/${probe.metadata.name}`);
    return status === 404 ? true : undefined;
  });
}

async function expectCreated(response: Promise<ApiResponse>): Promise<void> {
  const { status, body } = await response;
  if (status !== 201) throw new Error(`cluster: the API server answered ${status}: ${JSON.stringify(body)}`);
}
