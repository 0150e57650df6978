// What of a live object may be applied again, and what is hidden in it.

import { describe, expect, test } from '@jest/globals';
import { hideInObject, hideInValues, reappliable } from '../../src/values/reappliable.ts';

const asIs = (text: string): string => text;

describe('people’s own words as keys', () => {
  const hide = (text: string): string => text.replaceAll('correct-horse', '***');
  test.each(['key', 'name', 'type', 'image', 'selector', 'labels', 'kind'])(
    'a ConfigMap’s key %s is searched like any other',
    (key) => {
      const map = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'c' },
        data: { [key]: 'correct-horse' },
      };
      expect(hideInObject(map, hide)).toMatchObject({
        object: { data: { [key]: '***' } },
        hidden: [`data.${key}`],
      });
    },
  );
  test('annotations of the object and of its pods, too', () => {
    const annotations = { kind: 'correct-horse', 'shop.example/api-token': 'x1' };
    const object = {
      kind: 'Deployment',
      metadata: { annotations },
      spec: { template: { metadata: { annotations } } },
    };
    expect(JSON.stringify(hideInObject(object, hide).object)).not.toMatch(/correct-horse|x1/);
  });
});

describe('what the server sets goes', () => {
  test('of a Deployment: identity, owners, status and records of controllers; the rest stays', () => {
    const kept = reappliable(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name: 'api',
          namespace: 'shop',
          uid: 'u',
          resourceVersion: '7',
          generation: 3,
          creationTimestamp: '2026-01-01T00:00:00Z',
          managedFields: [],
          ownerReferences: [{ uid: 'o' }],
          finalizers: ['x'],
          labels: { app: 'api' },
          annotations: {
            'deployment.kubernetes.io/revision': '3',
            'kubectl.kubernetes.io/last-applied-configuration': '{}',
            'shop.example/owner': 'team-a',
          },
        },
        spec: {
          replicas: 2,
          template: {
            metadata: { creationTimestamp: null, labels: { app: 'api' } },
            spec: { containers: [] },
          },
        },
        status: { readyReplicas: 2 },
      },
      'shop',
    );
    expect(kept).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api', labels: { app: 'api' }, annotations: { 'shop.example/owner': 'team-a' } },
      spec: { replicas: 2, template: { metadata: { labels: { app: 'api' } }, spec: { containers: [] } } },
    });
  });

  test('a namespace that is not home stays', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'other' } };
    expect(reappliable(object, 'shop')['metadata']).toEqual({ name: 'c', namespace: 'other' });
  });

  test('of a Service the allocated address goes, and being headless stays', () => {
    const service = (clusterIP: string) =>
      reappliable({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's' },
        spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
      })['spec'];
    expect(service('10.0.0.7')).toEqual({ ports: [{ port: 80 }] });
    expect(service('None')).toEqual({ clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 80 }] });
  });

  test('of a StatefulSet the claims lose their status', () => {
    const kept = reappliable({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        volumeClaimTemplates: [
          { metadata: { name: 'd', creationTimestamp: null }, status: { phase: 'Pending' } },
        ],
      },
    });
    expect(kept['spec']).toEqual({ volumeClaimTemplates: [{ metadata: { name: 'd' } }] });
  });
});

describe('what is hidden in an object', () => {
  const deployment = (container: Readonly<Record<string, string | readonly string[] | readonly object[]>>) =>
    JSON.parse(JSON.stringify({ kind: 'Deployment', spec: { containers: [{ name: 'app', ...container }] } }));

  test('variables and arguments by name, with their paths; references to Secrets stay', () => {
    const { object, hidden } = hideInObject(
      deployment({
        env: [
          { name: 'DB_PASSWORD', value: 'hunter22' },
          { name: 'MODE', value: 'fast' },
          { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } },
        ],
        args: ['--password', 'hunter22', '--token=abc', '--port', '80'],
      }),
      asIs,
    );
    expect(object).toEqual(
      deployment({
        env: [
          { name: 'DB_PASSWORD', value: '***' },
          { name: 'MODE', value: 'fast' },
          { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } },
        ],
        args: ['--password', '***', '--token=***', '--port', '80'],
      }),
    );
    expect(hidden).toEqual([
      'spec.containers[0].env[0].value',
      'spec.containers[0].args[1]',
      'spec.containers[0].args[2]',
    ]);
  });

  test('known values anywhere but in names, images and selectors, which the object hangs together by', () => {
    const known = (text: string): string => text.replaceAll('postgres', '***');
    const { object, hidden } = hideInObject(
      deployment({ image: 'postgres:16', env: [{ name: 'URL', value: 'db=postgres' }] }),
      known,
    );
    expect(JSON.stringify(object)).toContain('"image":"postgres:16"');
    expect(JSON.stringify(object)).toContain('db=***');
    expect(hidden).toEqual(['spec.containers[0].env[0].value']);
  });

  test('a ConfigMap: keys named like secrets, texts inside, binary texts', () => {
    const { object, hidden } = hideInObject(
      {
        kind: 'ConfigMap',
        data: { mode: 'fast', 'api-token': 'abc', 'app.yaml': 'host: db\npassword: hunter22\n' },
        binaryData: { blob: Buffer.from('password=hunter22').toString('base64'), plain: 'AAEC' },
      },
      asIs,
    );
    expect(object).toEqual({
      kind: 'ConfigMap',
      data: { mode: 'fast', 'api-token': '***', 'app.yaml': 'host: db\npassword: ***\n' },
      binaryData: { blob: '***', plain: 'AAEC' },
    });
    expect(hidden).toEqual(['data.api-token', 'data.app.yaml', 'binaryData.blob']);
  });
});

test('values of a chart: everything below a secret’s name goes, names of Secrets stay', () => {
  const values = {
    replicas: 2,
    auth: { username: 'shop', password: 'hunter22', existingSecret: 'api-auth' },
    secrets: { one: 'abc', pin: 1234, on: true },
    env: [{ name: 'API_KEY', value: 'k' }],
    url: 'postgres://shop:hunter22@db/shop',
  };
  expect(hideInValues(values, asIs)).toEqual({
    replicas: 2,
    auth: { username: 'shop', password: '***', existingSecret: 'api-auth' },
    secrets: { one: '***', pin: '***', on: true },
    env: [{ name: 'API_KEY', value: '***' }],
    url: 'postgres://shop:***@db/shop',
  });
});
