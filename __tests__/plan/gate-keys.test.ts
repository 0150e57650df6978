// The keys that only gates ask about: what good ones become, and what the linter holds against bad ones.

import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import { errorsIn, plan, warningsIn } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const check = '{ uses: http, with: { url: https://a.example, expect: 1 } }';
const withKeys = (...lines: readonly string[]): string =>
  plan(
    'components: { api: { uses: helm-release, with: { release: api } } }',
    'secrets: [USER, TOKEN]',
    ...lines,
  );

test('registries, backups and the point of no return, with their defaults', () => {
  const text = withKeys(
    'registries:',
    '  - { host: ghcr.io, username-secret: USER, password-secret: TOKEN }',
    '  - { host: "registry:5000", username: robot, password-secret: TOKEN, insecure: true }',
    '  - { host: docker.io }',
    'backups:',
    '  orders: { file: backups/orders-*.dump, checksum: backups/SHA256SUMS, newer-than: 24h, for: [api] }',
    '  all: { file: /var/backups/all.tar }',
    'point-of-no-return:',
    '  check: { uses: http, with: { url: "https://a.example/${{ components.api.live.version }}", expect: 1 } }',
    '  loses: orders since the migration',
    '  forward-fix: docs/forward.md',
  );
  const { plan: parsed, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(parsed?.registries).toEqual([
    { host: 'ghcr.io', insecure: false, login: { user: { secret: 'USER' }, passwordSecret: 'TOKEN' } },
    { host: 'registry:5000', insecure: true, login: { user: { name: 'robot' }, passwordSecret: 'TOKEN' } },
    { host: 'docker.io', insecure: false },
  ]);
  expect([...(parsed?.backups.values() ?? [])]).toMatchObject([
    { name: 'orders', checksum: 'backups/SHA256SUMS', newerThanMs: 86_400_000, for: ['api'] },
    { name: 'all', file: '/var/backups/all.tar', for: [] },
  ]);
  expect(parsed?.pointOfNoReturn).toMatchObject({
    check: { uses: 'http' },
    loses: 'orders since the migration',
    forwardFix: 'docs/forward.md',
  });
  expect(warningsIn(text).filter((line) => line.includes('unused-secret'))).toEqual([]);
});

describe('mistakes', () => {
  const point = (uses: string, more = 'loses: a, forward-fix: b'): string =>
    withKeys(`point-of-no-return: { check: ${uses}, ${more} }`);
  test.each([
    [
      'a secret that the plan does not declare',
      withKeys('registries: [{ host: ghcr.io, username: a, password-secret: TOKENS }]'),
      ['5:61 [unknown-secret] `secrets` does not list `TOKENS`'],
    ],
    [
      'a user without a password',
      withKeys('registries: [{ host: ghcr.io, username: a }]'),
      ['5:41 [type] a user needs `password-secret`, too'],
    ],
    [
      'the same registry twice',
      withKeys('registries: [{ host: ghcr.io }, { host: ghcr.io }]'),
      ['5:41 [duplicate-registry] there is already a registry `ghcr.io`'],
    ],
    [
      'a URL as a host',
      withKeys('registries: [{ host: "https://ghcr.io/shop" }]'),
      ['5:23 [type] the host of a registry has no scheme and no path: `ghcr.io`, `registry:5000`'],
    ],
    [
      'a backup for no component',
      withKeys('backups: { orders: { file: a, for: [apu] } }'),
      ['5:37 [unknown-component] there is no component `apu`'],
    ],
    ['a backup above the workspace', withKeys('backups: { orders: { file: ../a } }'), ['5:28 [path] `..`']],
    [
      'no forward fix',
      point(check, 'loses: a'),
      ['5:1 [missing-key] `point-of-no-return` has no `forward-fix`'],
    ],
    ['an unknown check kind', point('{ uses: htpp }'), ['5:38 [unknown-kind] unknown check kind `htpp`']],
    [
      'the output of a step',
      point('{ uses: http, with: { url: "${{ steps.a.outputs.b }}", expect: 1 } }'),
      ['[expression-unknown-property]'],
    ],
  ])('%s', (_, text, errors) => {
    const found = errorsIn(text);
    expect(found).toHaveLength(errors.length);
    for (const [index, error] of errors.entries()) {
      for (const piece of error.split(/(?<=\] )/)) expect(found[index]).toContain(piece.trim());
    }
  });
});
