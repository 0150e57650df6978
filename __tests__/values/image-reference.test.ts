// Image references: what is host, port, name, tag and digest, and which images an object makes pods of.

import { describe, expect, test } from '@jest/globals';
import {
  describeImage,
  imagesIn,
  isLoopback,
  parseImageReference,
  registryHost,
} from '../../src/values/image-reference.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

describe('a reference', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['shop/api', 'docker.io/shop/api:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['ghcr.io/shop/api:2.1', 'ghcr.io/shop/api:2.1'],
    ['registry:5000/api:v2.0.8', 'registry:5000/api:v2.0.8'],
    ['registry:5000/api', 'registry:5000/api:latest'],
    ['localhost/api', 'localhost/api:latest'],
    ['127.0.0.1:3000/team/shop/api:1', '127.0.0.1:3000/team/shop/api:1'],
    ['[::1]:5000/api:1', '[::1]:5000/api:1'],
    [`ghcr.io/shop/api@${digest}`, `ghcr.io/shop/api@${digest}`],
    [`registry:5000/api:v1@${digest}`, `registry:5000/api:v1@${digest}`],
    ['a__b/c-d.e:_x', 'docker.io/a__b/c-d.e:_x'],
  ])('%s', (text, expected) => {
    const parsed = parseImageReference(text);
    expect(parsed === undefined ? undefined : describeImage(parsed)).toBe(expected);
  });

  test.each([
    '',
    'Nginx',
    'nginx:',
    'nginx:-1',
    'ghcr.io/',
    'ghcr.io/Shop/api',
    'api@sha256:12',
    `api@${digest}@${digest}`,
    'http://ghcr.io/api',
    'a b',
    'ghcr.io/shop/../api',
    'user@ghcr.io/api',
    '-x/api.com',
  ])('%s is none', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});

test.each([
  ['localhost:5000', true],
  ['127.0.0.1', true],
  ['[::1]:1', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  ['ghcr.io', false],
])('%s is on this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test('Docker Hub answers under another name', () => {
  expect(['docker.io', 'ghcr.io'].map(registryHost)).toEqual(['registry-1.docker.io', 'ghcr.io']);
});

describe('images of', () => {
  const pod = {
    initContainers: [{ image: 'init' }],
    containers: [{ image: 'a' }, { image: 'a' }, { image: 'b' }, {}],
    volumes: [{ image: { reference: 'data' } }, { emptyDir: {} }],
  };
  test.each([
    ['Pod', { spec: pod }],
    ['Deployment', { spec: { template: { spec: pod } } }],
    ['CronJob', { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }],
  ])('a %s', (kind, rest) => {
    expect(imagesIn({ kind, ...rest })).toEqual(['a', 'b', 'init', 'data']);
  });
  test('anything else: none', () => {
    expect(imagesIn({ kind: 'ConfigMap', data: { image: 'x' } })).toEqual([]);
  });
});
