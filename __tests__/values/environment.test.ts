// Which inherited variables count as credentials; the leak itself is tried in the end-to-end tests of hostile scripts.

import { describe, expect, test } from '@jest/globals';
import { childEnvironment, passedCredentials } from '../../src/values/environment.ts';

describe('of what a child inherits, a credential is', () => {
  const cases: readonly { env: Record<string, string>; found: readonly string[] }[] = [
    { env: { AWS_SECRET_ACCESS_KEY: '/wJalrXUtnFEMI/K7MDENG' }, found: ['/wJalrXUtnFEMI/K7MDENG'] },
    { env: { AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBY' }, found: ['FwoGZXIvYXdzEBY'] },
    { env: { AZURE_CLIENT_SECRET: 'a~b.c' }, found: ['a~b.c'] },
    { env: { AZURE_PASSWORD: 'hunter2' }, found: ['hunter2'] },
    { env: { HELM_KUBETOKEN: 'eyJhbGciOi' }, found: ['eyJhbGciOi'] },
    { env: { GOOGLE_CREDENTIALS: '{"private_key":"x"}' }, found: ['{"private_key":"x"}'] },
    { env: { KUBE_BASIC_AUTH: 'admin:pass' }, found: ['admin:pass'] },
    {
      env: {
        GIT_CONFIG_KEY_0: 'http.https://github.com/.extraheader',
        GIT_CONFIG_VALUE_0: 'AUTHORIZATION: basic eDpnaHNfYQ==',
      },
      found: ['AUTHORIZATION: basic eDpnaHNfYQ==', 'eDpnaHNfYQ=='],
    },
    { env: { GIT_CONFIG_VALUE_0: 'of no known setting' }, found: ['of no known setting'] },
    { env: { HTTPS_PROXY: 'http://me:pr0xypass@proxy.example:3128' }, found: ['pr0xypass'] },
    {
      env: { GIT_CONFIG_KEY_0: 'url.https://x-access-token:ghs_abc@github.com/.insteadOf' },
      found: ['ghs_abc'],
    },
    // Not credentials.
    { env: { GOOGLE_APPLICATION_CREDENTIALS: '/home/runner/key.json' }, found: [] },
    { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token' }, found: [] },
    { env: { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, found: [] },
    { env: { GIT_CONFIG_KEY_0: 'init.defaultBranch', GIT_CONFIG_VALUE_0: 'main' }, found: [] },
    { env: { GIT_CONFIG_KEY_0: 'credential.useHttpPath', GIT_CONFIG_VALUE_0: 'true' }, found: [] },
    { env: { GIT_CONFIG_COUNT: '1', HELM_KUBETOKEN: '' }, found: [] },
    { env: { HTTP_PROXY: 'http://proxy.example:3128/a@b' }, found: [] },
    // Not passed on, so no script can print it, and nothing is known about it.
    { env: { MY_TOKEN: 'abcdefgh' }, found: [] },
  ];
  test.each(cases)('$env', ({ env, found }) => {
    expect(passedCredentials(env)).toEqual(found);
  });
});

test('credentials are still passed on: tools need them', () => {
  const env = { HELM_KUBETOKEN: 'eyJhbGciOi', MY_TOKEN: 'abcdefgh' };
  expect(childEnvironment(env)).toEqual({ HELM_KUBETOKEN: 'eyJhbGciOi' });
});
