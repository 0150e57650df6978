// Which snapshot "last-good" means, for histories that would lead to a bad or a mixed place.

import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/state/ledger.ts';
import { chooseSnapshot, type Surveyed } from '../../src/target/last-good.ts';
import type { Candidate } from '../../src/values/version.ts';

/** Contents newest first; the first is live. A leading `^` says that a rollback put it there. */
function component(name: string, contents: readonly string[]): Surveyed {
  const history = contents.map((content, index): Candidate => {
    const digest = content.replace('^', '');
    return { id: `${contents.length - index}`, label: digest, digest, standing: 'deployed', because: '' };
  });
  const [live] = history;
  if (live === undefined) throw new Error('a component has a live version');
  const put = contents[0]?.startsWith('^') === true;
  return {
    name,
    history,
    reading: {
      version: live,
      health: 'healthy',
      detail: '',
      facts: {},
      ...(put ? { rolledBackTo: 'older' } : {}),
    },
  };
}

function snapshot(id: string, contents: Readonly<Record<string, string>>): Snapshot {
  return {
    id,
    at: '2026-11-21T10:00:00.000Z',
    actor: 'ci',
    incident: 'D-1',
    checks: ['http'],
    components: Object.fromEntries(
      Object.entries(contents).map(([name, digest]) => [
        name,
        { kind: 'helm-release', version: '1', label: digest, digest },
      ]),
    ),
  };
}

describe('the snapshot that last-good means', () => {
  test.each<[string, readonly Surveyed[], readonly Snapshot[], string | undefined]>([
    [
      'the newest, when what is live was never verified',
      [component('api', ['v3', 'v2', 'v1'])],
      [snapshot('b', { api: 'v2' }), snapshot('a', { api: 'v1' })],
      'b',
    ],
    [
      'the one before, when what is live was verified and is bad all the same',
      [component('api', ['v2', 'v1'])],
      [snapshot('b', { api: 'v2' }), snapshot('a', { api: 'v1' })],
      'a',
    ],
    [
      'the live one, when a rollback put it there: pressing twice stays',
      [component('api', ['^v1', 'v2', 'v1'])],
      [snapshot('b', { api: 'v2' }), snapshot('a', { api: 'v1' })],
      'a',
    ],
    [
      'never one that a rollback went away from',
      [component('api', ['v4', 'v1', 'v2', 'v1'])],
      [snapshot('b', { api: 'v2' }), snapshot('a', { api: 'v1' })],
      'a',
    ],
    [
      'one for all: a component that is there already does not make the snapshot live',
      [component('api', ['v3', 'v2']), component('web', ['w1'])],
      [snapshot('b', { api: 'v2', web: 'w1' })],
      'b',
    ],
    [
      'none that lacks a component: it says nothing about how these ran together',
      [component('api', ['v3', 'v2']), component('web', ['w2', 'w1'])],
      [snapshot('b', { api: 'v2' })],
      undefined,
    ],
    [
      'none, when only what is live is on record',
      [component('api', ['v2', 'v1'])],
      [snapshot('b', { api: 'v2' })],
      undefined,
    ],
    [
      'the one before, when one component was rolled back long ago and another was deployed since',
      [component('api', ['^a1', 'a2', 'a1']), component('web', ['w2', 'w1'])],
      [
        snapshot('d', { api: 'a1', web: 'w2' }),
        snapshot('c', { api: 'a1', web: 'w1' }),
        snapshot('b', { api: 'a2', web: 'w1' }),
        snapshot('a', { api: 'a1', web: 'w1' }),
      ],
      'c',
    ],
    [
      'the live one, when only one of two components had to be rolled back',
      [component('api', ['^a1', 'a2', 'a1']), component('web', ['w1'])],
      [snapshot('c', { api: 'a1', web: 'w1' }), snapshot('b', { api: 'a2', web: 'w1' })],
      'c',
    ],
    [
      'an older one, when the newest can’t be had any more',
      [component('api', ['v4', 'v2', 'v1'])],
      [snapshot('c', { api: 'v3' }), snapshot('b', { api: 'v2' })],
      'b',
    ],
    ['none without snapshots', [component('api', ['v2', 'v1'])], [], undefined],
  ])('%s', (_title, components, snapshots, expected) => {
    expect(chooseSnapshot(components, snapshots).snapshot?.id).toBe(expected);
  });

  test.each<[string, readonly Surveyed[], readonly Snapshot[], string]>([
    ['there are none', [component('api', ['v2'])], [], 'no snapshot'],
    ['they know other components', [component('web', ['w2'])], [snapshot('a', { api: 'v1' })], 'knows web'],
    ['their versions are gone', [component('api', ['v9'])], [snapshot('a', { api: 'v1' })], 'a (api'],
    [
      'only what is live is on record',
      [component('api', ['v1'])],
      [snapshot('a', { api: 'v1' })],
      'another place',
    ],
  ])('says why none fits: %s', (_title, components, snapshots, expected) => {
    expect(chooseSnapshot(components, snapshots).why).toContain(expected);
  });
});

describe('what the ledger speaks against', () => {
  const api = component('api', ['v3', 'v2', 'v1']);
  const web = (digest: string) => ({ name: 'web', label: digest, digest });
  const b = snapshot('b', { api: 'v2', web: 'w2' });
  const a = snapshot('a', { api: 'v1', web: 'w1' });
  const nothing = () => false;
  const v2 = (_component: string, digest: string) => digest === 'v2';

  test.each<[string, Parameters<typeof chooseSnapshot>, string | undefined]>([
    ['quarantine is passed over', [[api], [b, a], { quarantined: v2, bystanders: [] }], 'a'],
    [
      'what is in quarantine is no place to stay, though somebody put it back',
      [[component('api', ['^v2', 'v3', 'v2', 'v1'])], [b, a], { quarantined: v2, bystanders: [] }],
      'a',
    ],
    ['one that stays has to fit', [[api], [b, a], { quarantined: nothing, bystanders: [web('w1')] }], 'a'],
    ['none fits it', [[api], [b, a], { quarantined: nothing, bystanders: [web('w9')] }], undefined],
    [
      'one that stays and that no snapshot knows is not asked',
      [[api], [snapshot('b', { api: 'v2' })], { quarantined: nothing, bystanders: [web('w9')] }],
      'b',
    ],
    [
      'what stays may be in quarantine: it is not gone to',
      [[api], [b, a], { quarantined: (_name, digest) => digest === 'w2', bystanders: [web('w2')] }],
      'b',
    ],
  ])('%s', (_title, given, expected) => {
    expect(chooseSnapshot(...given).snapshot?.id).toBe(expected);
  });
});
