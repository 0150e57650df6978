// What Helm’s records tell about a revision, whose status alone is not to be believed.

import { describe, expect, test } from '@jest/globals';
import {
  busyWith,
  failureOf,
  rolledBackTo,
  standingOf,
} from '../../../src/components/helm/revision-standing.ts';
import { type SampleRevision, sampleRevision } from './sample-revisions.ts';

type Row = readonly [string, readonly SampleRevision[], number, string, string];

describe('the standing of a revision', () => {
  const rows: readonly Row[] = [
    ['a deployed one was put out', [{ revision: 1, status: 'deployed' }], 1, 'deployed', 'deployed'],
    [
      'a superseded one was put out',
      [{ revision: 2, status: 'deployed' }, { revision: 1 }],
      1,
      'deployed',
      'superseded',
    ],
    [
      'somebody’s own words do not matter',
      [{ revision: 1, description: 'v2 by bob, failed: never' }],
      1,
      'deployed',
      'superseded',
    ],
    [
      'a failed upgrade says why',
      [{ revision: 1, status: 'failed', description: 'Upgrade "shop" failed: context deadline exceeded' }],
      1,
      'failed',
      'upgrade failed: context deadline exceeded',
    ],
    [
      'a failed one that a failed apply has re-marked superseded stays failed',
      [{ revision: 1, status: 'superseded', description: 'Rollback "shop" failed: cannot patch' }],
      1,
      'failed',
      'rollback failed: cannot patch',
    ],
    [
      'a failed install is told by the word release',
      [{ revision: 1, status: 'failed', description: 'Release "shop" failed: timed out\nsecond line' }],
      1,
      'failed',
      'failed: timed out second line',
    ],
    [
      'a pending one was never put out',
      [{ revision: 1, status: 'pending-upgrade' }],
      1,
      'pending',
      'pending-upgrade',
    ],
    [
      'an unfinished one that was re-marked superseded never finished',
      [{ revision: 1, description: 'Preparing upgrade' }],
      1,
      'failed',
      'never finished',
    ],
    [
      'of two deployed ones the older overlapped with the newer',
      [
        { revision: 8, status: 'deployed', description: 'Rollback to 5' },
        { revision: 7, status: 'deployed' },
      ],
      7,
      'failed',
      'never settled: it overlapped with the operation that made revision 8',
    ],
    [
      'a superseded rollback to a failed revision proves nothing',
      [
        { revision: 3, status: 'superseded', description: 'Rollback to 2' },
        { revision: 2, status: 'failed', description: 'Upgrade "shop" failed: timeout' },
      ],
      3,
      'failed',
      'rollback to revision 2, which never worked',
    ],
    [
      'a superseded rollback to a good revision is good',
      [{ revision: 3, description: 'Rollback to 2' }, { revision: 2 }],
      3,
      'deployed',
      'superseded',
    ],
    ['an uninstalled one is gone', [{ revision: 1, status: 'uninstalled' }], 1, 'gone', 'uninstalled'],
    [
      'a status nobody knows is no success',
      [{ revision: 1, status: 'unknown' }],
      1,
      'failed',
      'status unknown',
    ],
  ];
  test.each(rows)('%s', (_name, samples, which, standing, because) => {
    const all = samples.map(sampleRevision);
    const one = all.find(({ revision }) => revision === which);
    expect(one && standingOf(one, all)).toEqual({ standing, because });
  });

  test('an unreadable one is gone', () => {
    const damaged = { readable: false, revision: 4, problem: 'it is not gzipped JSON in base64' } as const;
    expect(standingOf(damaged, [damaged])).toEqual({
      standing: 'gone',
      because: "can't be read: it is not gzipped JSON in base64",
    });
  });
});

describe('the reason of a failure', () => {
  test('never quotes the object that Helm puts into its message, nor a value of the revision’s own Secrets', () => {
    const manifest =
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { password: hunter22 }\n';
    const quoting = (text: string): string | undefined =>
      failureOf(
        sampleRevision({
          revision: 1,
          status: 'failed',
          manifest,
          description: `Upgrade "shop" failed: ${text}`,
        }),
      );
    expect(quoting('cannot patch "s": "" is invalid: "{\\"data\\":{\\"password\\":\\"x\\"}}"')).toBe(
      'upgrade failed: cannot patch "s": "" is invalid:',
    );
    expect(quoting('Invalid value: "hunter22": too short')).toBe(
      'upgrade failed: Invalid value: "***": too short',
    );
    expect(quoting('x'.repeat(500))?.length).toBeLessThanOrEqual(180);
  });

  test('may be a hook, but not one of `helm test`', () => {
    const hook = (
      event: string,
    ): readonly { readonly [key: string]: string | readonly string[] | { phase: string } }[] => [
      { name: 'migrate', kind: 'Job', manifest: '', events: [event], last_run: { phase: 'Failed' } },
    ];
    expect(failureOf(sampleRevision({ revision: 1, hooks: hook('pre-upgrade') }))).toBe(
      'hook Job/migrate failed',
    );
    expect(failureOf(sampleRevision({ revision: 1, hooks: hook('test') }))).toBeUndefined();
  });
});

describe('the origin of a rollback', () => {
  const all = [
    sampleRevision({ revision: 7, status: 'deployed', description: 'Rollback to 5' }),
    sampleRevision({ revision: 6 }),
    sampleRevision({ revision: 5, description: 'Rollback to 2' }),
  ];
  test.each([
    [7, '2'],
    [6, undefined],
    [5, '2'],
  ])('of revision %i is %s', (which, origin) => {
    const one = all.find(({ revision }) => revision === which);
    expect(one && rolledBackTo(one, all)).toBe(origin);
  });

  test('free text that points forward is no rollback, so nothing can go in circles', () => {
    const odd = sampleRevision({ revision: 2, description: 'Rollback to 2' });
    expect(rolledBackTo(odd, [odd])).toBeUndefined();
  });
});

test('a pending operation tells what it is and since when, in UTC', () => {
  const pending = sampleRevision({ revision: 8, status: 'pending-rollback', description: 'Rollback to 2' });
  expect(busyWith(pending)).toBe(
    'helm rollback of revision 8 is pending-rollback since 2026-11-21T08:00:00.123Z',
  );
  expect(busyWith(sampleRevision({ revision: 8, status: 'deployed' }))).toBeUndefined();
});
