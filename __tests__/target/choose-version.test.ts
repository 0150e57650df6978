// Where a component goes back to: the histories that lead naive tools to a wrong revision, one row each.

import { describe, expect, test } from '@jest/globals';
import { chooseVersion, type Wish } from '../../src/target/choose-version.ts';
import { beforeLive, isForward, leftBehind } from '../../src/target/history-rules.ts';
import type { Candidate, Reading } from '../../src/values/version.ts';

type Row = readonly [id: string, content: string, standing?: Candidate['standing'], rolledBackTo?: string];

function candidate([id, content, standing = 'deployed', rolledBackTo]: Row): Candidate {
  return {
    id,
    label: `revision ${id}`,
    digest: `sha256:${content}`,
    standing,
    because: standing === 'deployed' ? 'superseded' : `upgrade ${standing}`,
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
  };
}

function readingOf(live: Candidate, more: Partial<Reading> = {}): Reading {
  const { id, label, digest, rolledBackTo } = live;
  return {
    version: { id, label, digest },
    health: 'healthy',
    detail: '3 of 3 pods ready',
    ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
    facts: {},
    ...more,
  };
}

/** Rows newest first; the first one is live. */
function choose(wish: Wish, rows: readonly Row[], more: Partial<Reading> = {}): string {
  const history = rows.map(candidate);
  const [live] = history;
  if (live === undefined) throw new Error('a history needs a live version');
  const choice = chooseVersion('api', wish, readingOf(live, more), history);
  return choice.type === 'refuse' ? `refuse ${choice.code}` : `${choice.type} ${choice.to.id}`;
}

describe('previous', () => {
  test.each<[string, readonly Row[], string, Partial<Reading>]>([
    [
      'goes from bad to the good one before it',
      [
        ['3', 'bad'],
        ['2', 'good2'],
        ['1', 'good1'],
      ],
      'go 2',
      {},
    ],
    [
      'never picks a failed revision',
      [
        ['4', 'bad'],
        ['3', 'broken', 'failed'],
        ['2', 'good'],
        ['1', 'first'],
      ],
      'go 2',
      {},
    ],
    [
      'never picks a pending revision',
      [
        ['4', 'bad'],
        ['3', 'half', 'pending'],
        ['2', 'good'],
      ],
      'go 2',
      {},
    ],
    [
      'never picks a version whose content is gone',
      [
        ['v4', 'bad'],
        ['v3', 'x', 'gone'],
        ['v2', 'good'],
      ],
      'go v2',
      {},
    ],
    [
      'skips revisions with the same content as what is live',
      [
        ['3', 'bad'],
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'go 1',
      {},
    ],
    [
      'leaves a failed upgrade for the good one before it',
      [
        ['3', 'broken', 'failed'],
        ['2', 'good'],
        ['1', 'first'],
      ],
      'go 2',
      {},
    ],
    [
      'is already there after somebody pressed',
      [
        ['4', 'good', 'deployed', '2'],
        ['3', 'bad'],
        ['2', 'good'],
      ],
      'already-there 4',
      {},
    ],
    [
      'is already there after Helm rolled a failed upgrade back by itself',
      [
        ['4', 'good', 'deployed', '2'],
        ['3', 'broken', 'failed'],
        ['2', 'good'],
        ['1', 'first'],
      ],
      'already-there 4',
      {},
    ],
    [
      'goes to what a rollback put back, when something newer was deployed since',
      [
        ['4', 'bad2'],
        ['3', 'good', 'deployed', '1'],
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'go 3',
      {},
    ],
    [
      'finishes a rollback that failed instead of going forward to the bad version',
      [
        ['4', 'good2', 'failed'],
        ['3', 'bad'],
        ['2', 'good2'],
        ['1', 'good1'],
      ],
      'go 2',
      { partial: 'rollback failed' },
    ],
    [
      'finishes a rollback that was killed, once a person says so',
      [
        ['4', 'good2', 'pending'],
        ['3', 'bad'],
        ['2', 'good2'],
        ['1', 'good1'],
      ],
      'go 2',
      { busy: 'pending-rollback since 5 minutes' },
    ],
    [
      'finishes a killed rollback whose original was pruned long ago',
      [
        ['14', 'good', 'pending'],
        ['13', 'bad'],
        ['12', 'good', 'deployed', '1'],
        ['11', 'older'],
      ],
      'go 12',
      { busy: 'pending-rollback' },
    ],
    [
      'does not return to a version that an old one was deployed over',
      [
        ['3', 'good'],
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'refuse to-no-candidate',
      {},
    ],
    [
      'finishes what a component says is unfinished before anything else',
      [
        ['v2', 'good'],
        ['v1', 'old'],
      ],
      'go v2',
      { unfinished: { to: 'v2', because: 'deployment/web not restarted' }, rolledBackTo: 'v2' },
    ],
    [
      'never goes to a version that a rollback went away from',
      [
        ['4', 'good'],
        ['3', 'good', 'deployed', '1'],
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'refuse to-no-candidate',
      {},
    ],
    [
      'goes to a version that was deployed again after a rollback went away from it',
      [
        ['5', 'bad'],
        ['4', 'better'],
        ['3', 'good', 'deployed', '1'],
        ['2', 'better'],
        ['1', 'good'],
      ],
      'go 4',
      {},
    ],
    ['refuses on a first install', [['1', 'bad']], 'refuse to-no-candidate', {}],
    [
      'refuses when only failed revisions are left',
      [
        ['3', 'bad'],
        ['2', 'x', 'failed'],
      ],
      'refuse to-no-candidate',
      {},
    ],
    [
      'returns to equal content when the last operation stopped half-way',
      [
        ['3', 'good', 'failed'],
        ['2', 'good'],
      ],
      'go 2',
      { partial: 'upgrade failed' },
    ],
  ])('%s', (_, rows, expected, more) => {
    expect(choose('previous', rows, more)).toBe(expected);
  });

  test('refuses when what is live is not in its own history', () => {
    const history = [candidate(['v2', 'b']), candidate(['v1', 'a'])];
    const reading = readingOf(candidate(['untagged', 'c']));
    expect(chooseVersion('config', 'previous', reading, history)).toMatchObject({
      type: 'refuse',
      code: 'to-no-candidate',
    });
  });
});

describe('a version by name', () => {
  const rows: readonly Row[] = [
    ['4', 'bad'],
    ['3', 'broken', 'failed'],
    ['2', 'good'],
    ['1', 'first'],
  ];
  test.each<[string, string, string]>([
    ['goes there', '1', 'go 1'],
    ['is already there when it is live', '4', 'already-there 4'],
    ['refuses one that failed', '3', 'refuse to-not-deployable'],
    ['refuses one that does not exist', '7', 'refuse to-unknown-version'],
    ['understands previous for one component', 'previous', 'go 2'],
  ])('%s', (_, version, expected) => {
    expect(choose({ version }, rows)).toBe(expected);
  });

  test('is already there when what is live has the same content under another number', () => {
    expect(
      choose({ version: '2' }, [
        ['4', 'good', 'deployed', '2'],
        ['3', 'bad'],
        ['2', 'good'],
      ]),
    ).toBe('already-there 2');
  });
});

const noSnapshot: Wish = {
  snapshot: undefined,
  digest: undefined,
  why: 'there is no snapshot',
  mayStay: true,
};

describe('last-good', () => {
  const inSnapshot = (content: string): Wish => ({
    snapshot: 'S-1',
    digest: `sha256:${content}`,
    why: 'verified together',
    mayStay: true,
  });

  test.each<[string, readonly Row[], string, string, Partial<Reading>]>([
    [
      'goes to the content of the snapshot, whatever its number',
      [
        ['9', 'bad'],
        ['8', 'other'],
        ['5', 'good'],
      ],
      'good',
      'go 5',
      {},
    ],
    [
      'takes the newest revision with that content',
      [
        ['9', 'bad'],
        ['8', 'good'],
        ['5', 'good'],
      ],
      'good',
      'go 8',
      {},
    ],
    [
      'stays where it has that content already',
      [
        ['9', 'good'],
        ['8', 'other'],
      ],
      'good',
      'already-there 9',
      {},
    ],
    [
      'puts it out again where that content runs unhealthily',
      [
        ['9', 'good'],
        ['8', 'other'],
      ],
      'good',
      'go 9',
      { health: 'unhealthy' },
    ],
    [
      'does not move what a rollback just put back',
      [
        ['9', 'old', 'deployed', '7'],
        ['8', 'bad'],
        ['7', 'old'],
      ],
      'good',
      'already-there 9',
      {},
    ],
    [
      'refuses content that its history lost',
      [
        ['9', 'bad'],
        ['8', 'other'],
      ],
      'good',
      'refuse to-not-deployable',
      {},
    ],
    [
      'refuses content that never was deployed successfully',
      [
        ['9', 'bad'],
        ['8', 'good', 'failed'],
      ],
      'good',
      'refuse to-not-deployable',
      {},
    ],
  ])('%s', (_title, rows, content, expected, more) => {
    expect(choose(inSnapshot(content), rows, more)).toBe(expected);
  });

  test('refuses to leave a component where a rollback put it, when others go to a snapshot without that', () => {
    const rows: readonly Row[] = [
      ['4', 'old', 'deployed', '1'],
      ['3', 'bad'],
      ['2', 'good'],
      ['1', 'old'],
    ];
    const alone = inSnapshot('good');
    if (typeof alone !== 'object' || !('snapshot' in alone)) throw new Error('unreachable');
    expect([choose(alone, rows), choose({ ...alone, mayStay: false }, rows)]).toEqual([
      'already-there 4',
      'refuse last-good-unknown',
    ]);
  });

  test('never goes to what a rollback left, although what it put back is pruned', () => {
    const rows: readonly Row[] = [
      ['5', 'worse'],
      ['4', 'good', 'deployed', '2'],
      ['3', 'bad'],
    ];
    const history = rows.map(candidate);
    expect([...leftBehind(history)]).toEqual(['3']);
    expect(choose('previous', rows)).toBe('go 4');
  });

  test('finishes a rollback that has begun before anything else', () => {
    const rows: readonly Row[] = [
      ['4', 'mixed', 'failed'],
      ['3', 'bad'],
      ['2', 'good'],
      ['1', 'first'],
    ];
    const begun = { unfinished: { to: '2', because: 'it was killed' } };
    expect(choose(inSnapshot('first'), rows, begun)).toBe('go 2');
  });

  test('refuses with the candidates and the words to type, because no snapshot is on record', () => {
    const history = [candidate(['3', 'bad']), candidate(['2', 'good']), candidate(['1', 'first', 'failed'])];
    const [live] = history;
    if (live === undefined) throw new Error('unreachable');
    const choice = chooseVersion('api', noSnapshot, readingOf(live), history);
    expect(choice).toMatchObject({ type: 'refuse', code: 'last-good-unknown' });
    const hint = choice.type === 'refuse' ? choice.hint : '';
    expect(hint.split('\n')).toEqual([
      'Versions of api, newest first:',
      '  3  live  revision 3 (superseded)',
      '  2  deployed  revision 2 (superseded)',
      '  1  failed  revision 1 (upgrade failed)',
      'Give the version by name, for example: to: api=2',
    ]);
  });

  test('says that it is there already, where a rollback just put the live version, without any snapshot', () => {
    const rows: readonly Row[] = [
      ['4', 'good', 'deployed', '2'],
      ['3', 'bad'],
      ['2', 'good'],
      ['1', 'first'],
    ];
    expect(choose(noSnapshot, rows)).toBe('already-there 4');
  });

  test('never suggests a version that was rolled back from', () => {
    const history = [
      candidate(['5', 'worse']),
      candidate(['4', 'good', 'deployed', '2']),
      candidate(['3', 'bad']),
      candidate(['2', 'good']),
    ];
    const [live] = history;
    if (live === undefined) throw new Error('unreachable');
    const choice = chooseVersion('api', noSnapshot, readingOf(live), history);
    const hint = choice.type === 'refuse' ? choice.hint : '';
    expect(hint).toContain('  3  rolled back from  revision 3');
    expect(hint).toContain('for example: to: api=4');
  });

  test('is put out once more when it is live by name and what runs is not healthy', () => {
    const history = [candidate(['4', 'good']), candidate(['3', 'old'])];
    const [live] = history;
    if (live === undefined) throw new Error('unreachable');
    const choice = chooseVersion(
      'api',
      { version: '4' },
      readingOf(live, { health: 'unhealthy', detail: 'image was changed by hand' }),
      history,
    );
    expect(choice).toMatchObject({
      type: 'go',
      to: { id: '4' },
      because: expect.stringContaining('changed by hand'),
    });
  });
});

describe('a word that fits several', () => {
  const named = (id: string, content: string, ...names: readonly string[]): Candidate => ({
    ...candidate([id, content]),
    names,
  });
  const history = [
    named('6', 'live', '9'),
    named('5', 'b', '3', 'rc'),
    named('4', 'c', 'rc'),
    named('3', 'd', '7'),
    named('2', 'e', 'same'),
    named('1', 'e', 'same'),
  ];
  const go = (version: string): string => {
    const [live] = history;
    if (live === undefined) throw new Error('there is a newest');
    const choice = chooseVersion('api', { version }, readingOf(live), history);
    return choice.type === 'refuse'
      ? [choice.code, ...choice.hint.matchAll(/^ {2}api=\S+/gm)].join('')
      : choice.to.id;
  };

  test.each([
    ['a number that is also a name of other content', '3', 'to-invalid  api=revision:3  api=revision:5'],
    ['a name of two contents', 'rc', 'to-invalid  api=revision:5  api=revision:4'],
    ['a number said exactly', 'revision:3', '3'],
    ['a name of one content', '7', '3'],
    ['a name of one content twice: the newest', 'same', '2'],
    ['an exact number that is not there', 'revision:8', 'to-unknown-version'],
  ])('%s', (_, wanted, expected) => {
    expect(go(wanted)).toBe(expected);
  });
});

describe('a bad version deployed again after a rollback', () => {
  test.each<[string, readonly Row[], string]>([
    [
      'goes back to what had been put back',
      [
        ['4', 'bad'],
        ['3', 'good', 'deployed'],
        ['2', 'bad', 'gone'],
        ['1', 'good', 'gone'],
      ],
      'go 3',
    ],
    [
      'also when what the rollback named is pruned',
      [
        ['4', 'bad'],
        ['3', 'good', 'deployed', '1'],
        ['2', 'bad'],
      ],
      'go 3',
    ],
    [
      'but old content deployed again never leads forward to what it replaced',
      [
        ['5', 'good'],
        ['4', 'bad'],
        ['3', 'good', 'gone'],
        ['2', 'bad', 'gone'],
        ['1', 'good', 'gone'],
      ],
      'refuse to-no-candidate',
    ],
  ])('%s', (_, rows, expected) => {
    expect(choose('previous', rows)).toBe(expected);
  });
});

describe('quarantine', () => {
  /** `wish` among versions of which these contents are in quarantine. */
  const among = (
    quarantined: readonly string[],
    wish: Wish,
    rows: readonly Row[],
    unverifiedTarget = false,
  ): string => {
    const history = rows.map(candidate);
    const [live] = history;
    if (live === undefined) throw new Error('a history needs a live version');
    const choice = chooseVersion('api', wish, readingOf(live), history, {
      quarantined: (digest) =>
        quarantined.includes(digest.replace('sha256:', ''))
          ? {
              component: 'api',
              version: '2',
              label: 'revision 2',
              digest,
              at: '',
              by: 'ana',
              incident: 'INC-1',
            }
          : undefined,
      unverifiedTarget,
      liftCommand: () => 'LIFT',
    });
    if (choice.type !== 'refuse') return `${choice.type} ${choice.to.id}`;
    return `refuse ${choice.code}${choice.hint.includes('LIFT') ? ', lift' : ''}`;
  };
  const three: readonly Row[] = [
    ['3', 'c'],
    ['2', 'b'],
    ['1', 'a'],
  ];
  const named = (digest: string): Wish => ({
    named: 'S-1',
    digest: `sha256:${digest}`,
    why: '',
    candidates: '',
  });

  test.each<[string, readonly string[], Wish, boolean, string]>([
    ['previous passes over it', ['b'], 'previous', false, 'go 1'],
    [
      'previous never goes there, whatever was overridden',
      ['a', 'b'],
      'previous',
      true,
      'refuse to-no-candidate',
    ],
    ['by name it is refused', ['b'], { version: '2' }, false, 'refuse version-quarantined, lift'],
    ['by name with the override it is not', ['b'], { version: '2' }, true, 'go 2'],
    ['a snapshot that holds it is refused', ['b'], named('b'), false, 'refuse version-quarantined, lift'],
    ['a snapshot that holds it, with the override', ['b'], named('b'), true, 'go 2'],
    ['what is live is no place to go to', ['c'], { version: '3' }, false, 'already-there 3'],
  ])('%s', (_title, quarantined, wish, unverifiedTarget, expected) => {
    expect(among(quarantined, wish, three, unverifiedTarget)).toBe(expected);
  });

  test('a rollback by hand to what is in quarantine mended nothing: the next press goes on', () => {
    const rows: readonly Row[] = [
      ['4', 'b', 'deployed', '2'],
      ['3', 'a', 'deployed', '1'],
      ['2', 'b'],
      ['1', 'a'],
    ];
    expect([among([], 'previous', rows), among(['b'], 'previous', rows)]).toEqual([
      'already-there 4',
      'go 3',
    ]);
  });
});

describe('the way forward', () => {
  test.each<[string, readonly Row[], string, string, boolean]>([
    [
      'back',
      [
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'bad',
      'good',
      false,
    ],
    [
      'to what a rollback left',
      [
        ['3', 'good', 'deployed', '1'],
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'good',
      'bad',
      true,
    ],
    [
      'and what was put back is pruned',
      [
        ['3', 'good', 'deployed', '1'],
        ['2', 'bad'],
      ],
      'good',
      'bad',
      true,
    ],
    [
      'the bad one deployed again, back',
      [
        ['3', 'bad'],
        ['2', 'good', 'deployed', '0'],
        ['1', 'bad'],
      ],
      'bad',
      'good',
      false,
    ],
    [
      'to what is not on record',
      [
        ['2', 'bad'],
        ['1', 'good'],
      ],
      'bad',
      'other',
      false,
    ],
  ])('%s', (_title, rows, from, to, expected) => {
    const at = (content: string) => ({ id: 'x', label: 'x', digest: `sha256:${content}` });
    expect(isForward(at(from), at(to), rows.map(candidate))).toBe(expected);
  });
});

describe('what may have been there before what is live', () => {
  test.each<[string, readonly Row[], readonly string[] | undefined]>([
    [
      'the one below',
      [
        ['2', 'b'],
        ['1', 'a'],
      ],
      ['1'],
    ],
    [
      'with the attempts after it, which may have left their content',
      [
        ['3', 'c'],
        ['2', 'b', 'failed'],
        ['1', 'a'],
        ['0', 'z'],
      ],
      ['2', '1'],
    ],
    [
      'not another name of what is live',
      [
        ['3', 'b'],
        ['2', 'b'],
        ['1', 'a'],
      ],
      ['1'],
    ],
    [
      'what a rollback put back counts',
      [
        ['4', 'c'],
        ['3', 'a', 'deployed', '1'],
        ['2', 'b'],
        ['1', 'a'],
      ],
      ['3'],
    ],
    ['nobody knows of a first one', [['1', 'a']], undefined],
    [
      'nor below what can not be read any more',
      [
        ['3', 'c'],
        ['2', 'x', 'gone'],
        ['1', 'a'],
      ],
      undefined,
    ],
  ])('%s', (_name, rows, ids) => {
    const history = rows.map(candidate);
    const [live] = history;
    const found = live === undefined ? undefined : beforeLive(history, live);
    expect(found?.map(({ id }) => id)).toEqual(ids);
  });

  test('what is live is not in its history', () => {
    expect(beforeLive([candidate(['1', 'a'])], { id: '2', digest: 'sha256:b' })).toBeUndefined();
  });
});
