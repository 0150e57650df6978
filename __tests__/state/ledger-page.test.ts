// What becomes of a page: what is added once, what falls off its end, what a person takes away.

import { describe, expect, test } from '@jest/globals';
import { emptyPage, type LedgerPage, type Quarantined } from '../../src/state/ledger.ts';
import { withAnswered, withLeft, withoutQuarantined } from '../../src/state/ledger-page.ts';

const at = '2026-11-21T10:00:00.000Z';

function left(version: string, digest = `sha256:${version}`, component = 'api'): Quarantined {
  return {
    component,
    version,
    label: `revision ${version}`,
    digest,
    at,
    by: 'ana',
    incident: `INC-${version}`,
  };
}

const shown = (page: LedgerPage | undefined): readonly string[] | undefined =>
  page?.quarantine.map(({ component, version }) => `${component} ${version}`);

describe('quarantine', () => {
  test('is by content of a component: the same content is there once, the same number of another one is not it', () => {
    const page = withLeft(emptyPage, [left('7')], undefined);
    expect(shown(page)).toEqual(['api 7']);
    expect(withLeft(page ?? emptyPage, [left('9', 'sha256:7')], undefined)).toBeUndefined();
    expect(shown(withLeft(page ?? emptyPage, [left('7', 'sha256:7', 'web')], undefined))).toEqual([
      'web 7',
      'api 7',
    ]);
  });

  test('keeps the newest 50, and automatic rollbacks the newest 20, each incident once', () => {
    let page = emptyPage;
    for (let index = 0; index < 60; index++) {
      const automatic = { at, incident: `INC-${index}` };
      page = withLeft(page, [left(`${index}`)], automatic) ?? page;
      page = withLeft(page, [left(`${index}`)], automatic) ?? page;
    }
    expect([page.quarantine.length, page.quarantine[0]?.version, page.quarantine.at(-1)?.version]).toEqual([
      50,
      '59',
      '10',
    ]);
    expect([page.automatic.length, page.automatic[0]?.incident]).toEqual([20, 'INC-59']);
  });

  test('is lifted for exactly what was named, and the page says who and why', () => {
    const page =
      withLeft(emptyPage, [left('7'), left('8'), left('7', 'sha256:7', 'web')], undefined) ?? emptyPage;
    const log = { at, by: 'ben', did: 'lifted', reason: 'the database' };
    const lifted = withoutQuarantined(page, [left('7')], log);
    expect([shown(lifted), lifted?.log]).toEqual([['api 8', 'web 7'], [log]]);
    expect(withoutQuarantined(page, [left('5')], log)).toBeUndefined();
  });
});

describe('answered alerts', () => {
  const alert = (index: number, startsAt = at) => ({
    fingerprint: index.toString(16),
    startsAt,
    at,
    incident: 'INC-1',
  });

  test('of the largest notification are all remembered, and with them those of the one before', () => {
    const most = Array.from({ length: 200 }, (_, index) => alert(index));
    const next = Array.from({ length: 200 }, (_, index) => alert(index + 1_000));
    expect(withAnswered(withAnswered(emptyPage, most), next).alerts).toEqual([...next, ...most]);
  });

  test('are remembered each with its begin: one that comes late is not new', () => {
    const [early, late] = [alert(1), alert(1, '2026-11-21T11:00:00.000Z')];
    const page = withAnswered(withAnswered(emptyPage, [early]), [late]);
    expect(page.alerts).toEqual([late, early]);
    // The same once more, in another spelling, stands there once.
    expect(withAnswered(page, [{ ...early, startsAt: '2026-11-21T10:00:00Z' }]).alerts).toHaveLength(2);
  });
});
