// Continued, superseded or new: what was pinned, what is asked for and what is live decide.

import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../src/state/page-schema.ts';
import { decideIncident, type Wanted } from '../../src/target/continue-incident.ts';
import { parseDestination, tellDestination } from '../../src/target/destination.ts';
import { chooseFixed } from '../../src/target/fixed-version.ts';
import type { History, Reading, Version } from '../../src/values/version.ts';

const version = (id: string, digest = `sha256:${id}`): Version => ({ id, label: `revision ${id}`, digest });
const reading = (id: string, more: Partial<Reading> = {}): Reading => ({
  version: version(id),
  health: 'healthy',
  detail: '',
  facts: {},
  ...more,
});

const open: Incident = {
  id: 'INC-1',
  service: 'shop',
  target: 'live',
  scenario: 'default',
  to: 'previous',
  planDigest: 'sha256:plan',
  approval: 'sha256:approval',
  openedAt: '2026-11-21T10:00:00Z',
  openedBy: 'ada',
  pins: [
    { component: 'api', kind: 'helm-release', from: version('3'), to: { ...version('2'), names: ['1.4.0'] } },
    { component: 'web', kind: 'workload', from: version('9'), to: version('8') },
  ],
  runs: [{ incident: 'INC-1', actor: 'ada', fence: 1, startedAt: '2026-11-21T10:00:00Z' }],
  entries: [],
};

const ofRun = { run: 0, at: '2026-11-21T10:00:00Z' };
const apiEnded = (status: 'succeeded' | 'failed' | 'skipped'): Incident['entries'][number] => ({
  type: 'step-finished',
  ...ofRun,
  step: 'app/api',
  title: 'roll api back',
  component: 'api',
  status,
  evidence: '',
  outputs: {},
});

const decide = (
  to: string,
  live: Readonly<Record<string, Reading>> = { api: reading('3'), web: reading('9') },
  more: Partial<Wanted> = {},
  entries: Incident['entries'] = [],
): string => {
  const destination = parseDestination(to, ['api', 'web']);
  const wanted = { destination, target: 'live', scenario: 'default', components: ['api', 'web'], ...more };
  const decision = decideIncident({ ...open, entries }, wanted, new Map(Object.entries(live)));
  return decision.type === 'supersede' ? `supersede: ${decision.because}` : decision.type;
};

describe('whether a press continues the open incident', () => {
  test('there is none', () => {
    const destination = parseDestination('previous', ['api']);
    const wanted = { destination, target: 'live', scenario: 'default', components: ['api'] };
    expect(decideIncident(undefined, wanted, new Map())).toEqual({ type: 'open' });
  });

  test.each([
    ['the same word', 'previous'],
    ['another word that names no version', 'last-good'],
    ['the pinned versions by their ids', 'api=2, web=8'],
    ['by another name, exactly, and by word', 'api=1.4.0, web=revision:8'],
    ['per component', 'api=previous, web=8'],
  ])('continues: %s', (_name, to) => {
    expect(decide(to)).toBe('continue');
  });

  test.each<[string, Readonly<Record<string, Reading>>]>([
    ['nothing moved', { api: reading('3'), web: reading('9') }],
    [
      'one is there, under a new number',
      { api: reading('4', { version: version('4', 'sha256:2') }), web: reading('9') },
    ],
    [
      'one is between the two',
      { api: reading('3'), web: reading('mix', { unfinished: { to: '8', because: 'one pod' } }) },
    ],
  ])('continues: %s', (_name, live) => {
    expect(decide('previous', live)).toBe('continue');
  });

  test('the number that a return got means the pinned version, too', () => {
    const live = { api: reading('4', { version: version('4', 'sha256:2') }), web: reading('9') };
    expect(decide('api=4, web=8', live)).toBe('continue');
  });

  test.each([
    ['api=1, web=8', 'api is to go to 1 now, and not to revision 2'],
    ['api=3, web=8', 'api is to go to 3 now, and not to revision 2'],
  ])('other versions: %s', (to, because) => {
    expect(decide(to)).toBe(`supersede: ${because}`);
  });

  const snapshot = (api: string): Partial<Wanted> => ({
    inSnapshot: new Map([
      ['api', `sha256:${api}`],
      ['web', 'sha256:8'],
    ]),
  });

  test('a snapshot by its id names versions: the pinned ones, or others', () => {
    expect(decide('S-1', undefined, snapshot('2'))).toBe('continue');
    expect(decide('S-1', undefined, snapshot('1'))).toBe(
      'supersede: api is to go to what snapshot S-1 holds now, and not to revision 2',
    );
    expect(decide('S-1')).toMatch(/^supersede: /);
  });

  test('the same snapshot by the same id, whatever became of the ledger', () => {
    const destination = parseDestination('S-1', ['api', 'web']);
    const wanted = { destination, target: 'live', scenario: 'default', components: ['api', 'web'] };
    const begun = { ...open, to: tellDestination(destination) };
    expect(decideIncident(begun, wanted, new Map()).type).toBe('continue');
  });

  test('somebody deployed since', () => {
    expect(decide('previous', { api: reading('5'), web: reading('9') })).toBe(
      'supersede: api is at revision 5, which is neither revision 3 nor revision 2: somebody deployed since',
    );
  });

  const fresh = reading('5', { version: version('5', 'sha256:3') });
  test.each<[string, Incident['entries'], string]>([
    [
      'was seen where it was going',
      [apiEnded('succeeded'), apiEnded('skipped')],
      'supersede: api was taken back to revision 2, and is at revision 5 with what it came from: somebody deployed since',
    ],
    ['never arrived', [apiEnded('failed')], 'continue'],
    ['arrived, and was moved again since', [apiEnded('succeeded'), apiEnded('failed')], 'continue'],
  ])('the version it came from is deployed once more: it %s', (_name, entries, expected) => {
    expect(decide('previous', { api: fresh, web: reading('9') }, {}, entries)).toBe(expected);
  });

  test.each<[Partial<Wanted>, string]>([
    [{ scenario: 'data' }, 'it went by scenario default, not data'],
    [{ target: 'stage' }, 'it was about target live, not stage'],
    [{ components: ['api'] }, 'it takes back api, web, and this press api'],
    [{ components: ['api', 'db'] }, 'it takes back api, web, and this press api, db'],
  ])('another way: %j', (more, because) => {
    expect(decide('previous', undefined, more)).toBe(`supersede: ${because}`);
  });
});

describe('where a component of a continued incident goes', () => {
  const ends = { from: version('3'), to: version('2'), incident: 'INC-1', begun: false };
  const history: History = [
    { ...version('3'), standing: 'deployed', because: '' },
    { ...version('2'), standing: 'deployed', because: '' },
    { ...version('1'), standing: 'deployed', because: '' },
  ];

  test('to the pinned version', () => {
    expect(chooseFixed('api', ends, reading('3'), history)).toMatchObject({ type: 'go', to: { id: '2' } });
  });

  test('to its content under another number, never to another content under its number', () => {
    const renumbered: History = [
      { ...version('3'), standing: 'deployed', because: '' },
      { ...version('7', 'sha256:2'), standing: 'failed', because: '' },
      { ...version('6', 'sha256:2'), standing: 'deployed', because: '' },
      { ...version('2', 'sha256:other'), standing: 'deployed', because: '' },
    ];
    expect(chooseFixed('api', ends, reading('3'), renumbered)).toMatchObject({ type: 'go', to: { id: '6' } });
  });

  test('nowhere when it is there, healthy or not; on when it is only half there', () => {
    const there = version('4', 'sha256:2');
    const sick = reading('4', { version: there, health: 'unhealthy' });
    expect(chooseFixed('api', ends, sick, history)).toMatchObject({ type: 'already-there', to: there });
    const half = reading('4', { version: there, partial: 'revision 4 failed' });
    expect(chooseFixed('api', ends, half, history)).toMatchObject({ type: 'go', to: { id: '2' } });
  });

  test('refused when its content is gone', () => {
    expect(chooseFixed('api', ends, reading('3'), history.slice(0, 1))).toMatchObject({
      type: 'refuse',
      code: 'to-not-deployable',
    });
  });
});
