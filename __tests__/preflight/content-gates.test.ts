// The gates about content, judged on facts: images, API versions, backups, the point of no return.

import { describe, expect, test } from '@jest/globals';
import { type BackupFacts, isAsked, judgeBackup } from '../../src/preflight/gates/backup.ts';
import { type ImageFacts, judgeImages } from '../../src/preflight/gates/image.ts';
import { judgePoint, pointOfNoReturn } from '../../src/preflight/gates/point-of-no-return.ts';
import { judgeApis } from '../../src/preflight/gates/removed-api.ts';
import { subjectWith } from './gate-subject.ts';

type Told = { readonly state: string; readonly subject: string; readonly detail: string };
const line = ({ state, subject, detail }: Told): string => `${state} ${subject}: ${detail}`;
const lines = (found: readonly Told[]): readonly string[] => found.map(line);

describe('images', () => {
  const of = (more: Partial<ImageFacts>): ImageFacts => ({
    image: 'ghcr.io/shop/api:1',
    components: ['api'],
    look: { state: 'there', digest: 'sha256:a' },
    host: 'ghcr.io',
    formerly: [],
    evidence: 'left-over',
    ...more,
  });
  test.each<[string, readonly ImageFacts[], readonly string[]]>([
    ['none', [], []],
    ['there', [of({}), of({ image: 'b' })], ['pass : 2 images are there']],
    [
      'gone, beside one that is there',
      [of({}), of({ look: { state: 'missing', detail: 'no such tag' } })],
      ['pass : 1 image is there', 'refuse api: ghcr.io/shop/api:1: the image is gone (no such tag)'],
    ],
    [
      'that want a login',
      [of({ look: { state: 'denied', detail: 'ghcr.io answers 401' } })],
      ["unknown api: ghcr.io/shop/api:1: whether it is there can't be known: ghcr.io answers 401"],
    ],
    [
      'that are something else now',
      [of({ components: ['api', 'web'], formerly: ['sha256:b'] })],
      [
        'refuse api, web: ghcr.io/shop/api:1: re-tagged: sha256:b ran under this name, and the registry has sha256:a now, so other content would start',
      ],
    ],
    [
      'whose live pods were started before the tag moved, as any restart would find',
      [of({ formerly: ['sha256:b'], evidence: 'live' })],
      [
        'warn api: ghcr.io/shop/api:1: re-tagged since the live pods were started: they run sha256:b, and the registry has sha256:a now, so new pods start with other content',
      ],
    ],
    [
      'that are not what was verified',
      [of({ formerly: ['sha256:b'], evidence: 'verified' })],
      [
        'refuse api: ghcr.io/shop/api:1: re-tagged: sha256:b was verified under this name, and the registry has sha256:a now, so other content would start',
      ],
    ],
    [
      'that make no sense',
      [of({ look: undefined })],
      ['unknown api: ghcr.io/shop/api:1: that is no image reference'],
    ],
  ])('%s', (_, facts, expected) => {
    expect(lines(judgeImages(facts))).toEqual(expected);
  });
});

describe('API versions', () => {
  const object = (apiVersion: string, kind: string) => ({ component: 'api', apiVersion, kind, name: 'x' });
  test.each([
    ['none to ask about', [], []],
    ['served', [object('v1', 'Secret')], ['pass api: 1 object in 1 API version, all served']],
    [
      'that are gone',
      [object('v1', 'Secret'), object('batch/v1beta1', 'CronJob')],
      ['refuse api: this server does not serve CronJob/x in batch/v1beta1'],
    ],
    ['that lost a kind', [object('v1', 'Thing')], ['refuse api: this server does not serve Thing/x in v1']],
    [
      'that could not be asked about',
      [object('metrics/v1', 'PodMetrics')],
      ['unknown api: the server could not be asked about metrics/v1: 503'],
    ],
  ])('%s', (_, objects, expected) => {
    const served = new Map([
      ['v1', { kinds: ['Secret', 'Service'] }],
      ['batch/v1beta1', { kinds: [] }],
      ['metrics/v1', { why: '503' }],
    ]);
    expect(lines(judgeApis({ told: [], objects, served }))).toEqual(expected);
  });
});

describe('a backup', () => {
  const hour = 3_600_000;
  const now = 1_000 * hour;
  const found = { path: '/b/orders-2.dump', bytes: 7, changedAt: now - 2 * hour };
  const of = (more: Partial<BackupFacts>): BackupFacts => ({
    spec: { name: 'orders', file: 'b/orders-*.dump', newerThanMs: 24 * hour },
    found,
    wholeness: { state: 'right' },
    now,
    ...more,
  });
  test.each<[string, BackupFacts, string]>([
    ['fresh and whole', of({}), 'pass orders: orders-2.dump is 2 h old, 7 bytes, its checksum is right'],
    [
      'whose age is not asked',
      of({ spec: { name: 'orders', file: 'f' }, now: 9_000 * hour }),
      'pass orders: orders-2.dump is 8002 h old, 7 bytes, its checksum is right',
    ],
    ['missing', of({ found: undefined }), 'refuse orders: there is no b/orders-*.dump'],
    ['empty', of({ found: { ...found, bytes: 0 } }), 'refuse orders: orders-2.dump is empty'],
    ['stale', of({ now: now + 23 * hour }), 'refuse orders: orders-2.dump is 25 h old, older than 24 h'],
    [
      'corrupt',
      of({ wholeness: { state: 'wrong' } }),
      'refuse orders: orders-2.dump is not what its checksum says: damaged, or written since',
    ],
    [
      'without its checksum',
      of({ wholeness: { state: 'no-checksum', where: 'SUMS' } }),
      'refuse orders: there is no checksum for orders-2.dump in SUMS',
    ],
    [
      'too large to read',
      of({ wholeness: { state: 'unknown', why: 'too long' } }),
      'unknown orders: orders-2.dump is 2 h old; whether it is whole is not known: too long',
    ],
    [
      'in a closed folder',
      of({ found: { why: 'EACCES' } }),
      "unknown orders: b/orders-*.dump can't be looked at: EACCES",
    ],
  ])('%s', (_, facts, expected) => {
    expect(line(judgeBackup(facts))).toBe(expected);
  });

  test.each([
    [[], ['api'], true],
    [['api'], ['api', 'web'], true],
    [['db'], ['api'], false],
  ])('for %j is asked when %j goes back: %s', (wanted, going, expected) => {
    expect(isAsked({ for: wanted }, going)).toBe(expected);
  });
});

describe('the point of no return', () => {
  const point = { loses: 'orders', forwardFix: 'docs/forward.md' };
  test('that no plan has is not asked about', () => {
    expect(judgePoint(undefined)).toEqual([]);
  });
  test.each([
    ['pass', 'pass', 'not passed: 404'],
    ['fail', 'refuse', 'it is passed: 404; going back would lose orders'],
    ['inconclusive', 'refuse', 'whether it is passed is not known: 404; going back would lose orders'],
    ['error', 'refuse', 'whether it is passed is not known: 404; going back would lose orders'],
  ] as const)('measured as %s: %s', (state, expected, detail) => {
    expect(judgePoint({ ...point, measured: { state, evidence: '404' } })).toMatchObject([
      {
        state: expected,
        detail,
        ...(expected === 'pass' ? {} : { hint: 'Go forward instead: docs/forward.md' }),
      },
    ]);
  });

  test('a check that throws, or never answers, refuses, too', async () => {
    const subject = subjectWith();
    const check = { uses: 'http', with: {}, where: subject.plan.locate([]), locate: subject.plan.locate };
    const plan = { ...subject.plan, pointOfNoReturn: { check, ...point } };
    const { signal } = new AbortController();
    const throwing = { ...subject, plan, signal, measure: async () => Promise.reject(new Error('boom')) };
    const late = {
      ...throwing,
      measure: () => new Promise<never>(() => {}),
      signal: AbortSignal.timeout(20),
    };
    for (const each of [throwing, late]) {
      expect(pointOfNoReturn.judge(await pointOfNoReturn.collect(each))).toMatchObject([{ state: 'refuse' }]);
    }
  });
});
