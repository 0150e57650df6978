// Which baseline is of the time right before this deploy, and what it tells each condition.

import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Baseline, Snapshot } from '../../src/state/ledger.ts';
import {
  beforeFrom,
  type DeployFacts,
  nothingBefore,
  settingsDigests,
  whyNoBaseline,
  whyNotBefore,
} from '../../src/verify/judge-baseline.ts';
import { sampleKinds } from '../plan/sample-kinds.ts';

const taken: Baseline = {
  at: '2026-03-01T10:00:00.000Z',
  incident: 'P-1',
  versions: { api: 'sha256:1', web: 'sha256:1' },
  conditions: {},
};
const later = '2026-03-01T10:05:00.000Z';
const earlier = '2026-03-01T09:55:00.000Z';

const live = (api: string, web = 'sha256:1'): Pick<DeployFacts, 'live'> => ({
  live: new Map([
    ['api', api],
    ['web', web],
  ]),
});
/** What `api` may have been before what is live, newest first. */
const replacing = (...digests: readonly string[]): Pick<DeployFacts, 'replaced'> => ({
  replaced: new Map([['api', digests.map((digest) => ({ label: `revision of ${digest}`, digest }))]]),
});
const nothing = { snapshots: [], quarantine: [], automatic: [] };
const page = (more: Partial<DeployFacts['page']>): Pick<DeployFacts, 'page'> => ({
  page: { ...nothing, ...more },
});
function snapshot(at: string, api: string): Snapshot {
  const component = { kind: 'helm-release', version: '7', label: 'revision 7', digest: api };
  return { id: `S-${api}`, at, actor: 'ci', incident: 'V-0', checks: [], components: { api: component } };
}
const rolledBack = (at: string, incident = 'V-0'): Pick<DeployFacts, 'page'> =>
  page({ automatic: [{ at, incident }] });

type Row = readonly [string, Partial<Baseline>, Partial<DeployFacts>, string | undefined];

test.each<Row>([
  ['another version since', {}, {}, undefined],
  ['one of two is another one', {}, live('sha256:1', 'sha256:2'), undefined],
  ['the same versions', {}, live('sha256:1'), 'taken with the versions'],
  ['a day old', {}, { now: new Date('2026-03-02T10:00:00Z') }, undefined],
  ['older', {}, { now: new Date('2026-03-02T10:00:01Z') }, 'older than'],
  ['a preflight kept none since', { outdated: 'the preflight of today kept none' }, {}, 'kept none'],

  ['used by another run', { usedBy: 'V-0' }, {}, 'was used by V-0'],
  ['used by this one', { usedBy: 'V-1' }, {}, undefined],
  ['this deploy was watched with it before', { deploy: { api: 'sha256:2' } }, {}, undefined],
  ['another one was', { deploy: { api: 'sha256:9' } }, {}, 'of another deploy'],

  ['what is live replaced what it was taken with', {}, replacing('sha256:1'), undefined],
  ['what is live replaced another version', {}, replacing('sha256:9'), 'api replaced revision of sha256:9'],
  ['an attempt that failed stood between', {}, replacing('sha256:9', 'sha256:1'), undefined],
  [
    'a component that was not deployed may have had another life',
    {},
    { ...live('sha256:1', 'sha256:2'), ...replacing('sha256:9') },
    undefined,
  ],

  ['a snapshot of the versions before', {}, page({ snapshots: [snapshot(later, 'sha256:1')] }), undefined],
  ['one of this deploy', {}, page({ snapshots: [snapshot(later, 'sha256:2')] }), undefined],
  ['one of another deploy', {}, page({ snapshots: [snapshot(later, 'sha256:9')] }), 'S-sha256:9'],
  ['one from before', {}, page({ snapshots: [snapshot(earlier, 'sha256:9')] }), undefined],

  ['a rollback since', {}, rolledBack(later), 'V-0 rolled back'],
  ['a rollback before', {}, rolledBack(earlier), undefined],
  ['its own rollback', {}, rolledBack(later, 'V-1'), undefined],
])('%s', (_name, more, facts, why) => {
  const told = whyNoBaseline(
    { ...taken, ...more },
    {
      ...live('sha256:2'),
      replaced: new Map(),
      incident: 'V-1',
      now: new Date(later),
      page: nothing,
      ...facts,
    },
  );
  expect(told).toEqual(why === undefined ? undefined : expect.stringContaining(why));
});

describe('what each condition was', () => {
  function planWith(status: number): Plan {
    const check = `{ uses: http, with: { url: https://shop.example/health, expect: { status: ${status} } } }`;
    const text = `version: 1
service: shop
components:
  api: { uses: helm-release, with: { release: shop-api } }
verify: [${check}]
triggers: { errors: { check: ${check} } }
`;
    const { plan } = parsePlan(text, 'rollback.yml', sampleKinds);
    if (plan === undefined) throw new Error('the plan is wrong');
    return plan;
  }
  const plan = planWith(200);
  const [check = '', trigger = ''] = settingsDigests(plan).keys();
  const kept = (key: string, of = plan): Baseline['conditions'][string] => ({
    state: 'fail',
    value: 503,
    settings: settingsDigests(of).get(key) ?? '',
  });
  const at = taken.at;

  test('is known while its settings are the same', () => {
    const before = beforeFrom({ at, conditions: { [check]: kept(check), [trigger]: kept(trigger) } }, plan);
    expect([...before.values()]).toEqual([
      { at, state: 'fail', value: 503 },
      { at, state: 'fail', value: 503 },
    ]);
  });

  test('is not known with other settings, nor where nothing was measured, and nothing is excused then', () => {
    const before = beforeFrom({ at, conditions: { [check]: kept(check, planWith(204)) } }, plan);
    expect([...before]).toEqual([
      [check, { missing: 'no baseline for it: its settings changed since' }],
      [trigger, { missing: `the baseline of ${at} has nothing of it` }],
    ]);
  });

  test('is an excuse, and no more, where its value was too large', () => {
    const large = { ...kept(check), value: null, tooLarge: true } as const;
    expect(beforeFrom({ at, conditions: { [check]: large } }, plan).get(check)).toEqual({
      state: 'fail',
      missing: 'the baseline of it was too large to keep',
    });
  });

  test('is not known of any for one and the same reason', () => {
    expect([...nothingBefore(plan, 'why').values()]).toEqual([{ missing: 'why' }, { missing: 'why' }]);
  });
});

const from = (api: string): ReadonlyMap<string, string> => live(api).live;

test.each<[string, Partial<Baseline>, string, ReadonlyMap<string, string>, string | undefined]>([
  ['what is rolled back from is another version', {}, later, from('sha256:2'), undefined],
  ['nobody knows what was rolled back from', {}, later, new Map(), undefined],
  ['taken with what is rolled back from', {}, later, from('sha256:1'), 'rolled back from'],
  ['a day old', {}, '2026-03-02T10:00:00Z', from('sha256:2'), undefined],
  ['older', {}, '2026-03-02T10:00:01Z', from('sha256:2'), 'older than'],
  ['taken later', {}, '2026-03-01T09:59:59Z', from('sha256:2'), 'after the rollback'],
  ['used by this incident', { usedBy: 'V-1' }, later, from('sha256:2'), undefined],
  ['used by another one', { usedBy: 'V-0' }, later, from('sha256:2'), 'was used by V-0'],
  ['of the deploy that is rolled back', { deploy: { api: 'sha256:2' } }, later, from('sha256:2'), undefined],
  ['of another one', { deploy: { api: 'sha256:9' } }, later, from('sha256:2'), 'of another deploy'],
  // It was found good, and went bad an hour later.
  [
    'used by the run that verified what is rolled back',
    { usedBy: 'V-0', deploy: { api: 'sha256:2' } },
    later,
    from('sha256:2'),
    undefined,
  ],
  [
    'used by another one, and nobody knows what was rolled back from',
    { usedBy: 'V-0', deploy: { api: 'sha256:2' } },
    later,
    new Map(),
    'was used by V-0',
  ],
  ['a preflight began since', { outdated: 'kept none' }, later, from('sha256:2'), undefined],
])('after a rollback: %s', (_name, more, at, digests, why) => {
  const told = whyNotBefore({ ...taken, ...more }, { at: new Date(at), from: digests, incidents: ['V-1'] });
  expect(told).toEqual(why === undefined ? undefined : expect.stringContaining(why));
});

test('a trigger of several checks is another one when any of them is, or their order', () => {
  const digestOf = (...statuses: readonly number[]): string | undefined => {
    const checks = statuses.map(
      (status) => `{ uses: http, with: { url: https://a.example, expect: { status: ${status} } } }`,
    );
    const text = `version: 1
service: shop
components: { api: { uses: helm-release, with: { release: api } } }
triggers: { down: { all: [${checks.join()}] } }
`;
    const { plan } = parsePlan(text, 'rollback.yml', sampleKinds);
    return plan === undefined ? undefined : settingsDigests(plan).get('triggers/down');
  };
  const digest = digestOf(200, 201);
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  expect(digestOf(200, 201)).toBe(digest);
  const others = [digestOf(200, 202), digestOf(202, 201), digestOf(201, 200), digestOf(200, 201, 202)];
  expect(new Set([digest, ...others]).size).toBe(5);
});
