// A drill says that it is one before it says anything else, what it measured, and what a failure means when it is no drill.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { failedPart } from '../../src/report/drill-parts.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { renderResult } from '../../src/report/result.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { drillBrokenOff, drillNotNoticed, drillPassed } from '../../tools/look/drill-journals.ts';
import { parse } from './front-matter.ts';

const summaryOf = (events: readonly RunEvent[]): string =>
  renderSummary(reportOf(events)).replaceAll('\u00a0', ' ');
const recordOf = (events: readonly RunEvent[]): string =>
  renderIncident(reportOf(events)).replaceAll('\u00a0', ' ');

describe.each([
  ['passed', drillPassed],
  ['was not noticed', drillNotNoticed],
  ['broke off', drillBrokenOff],
])('a drill that %s', (_how, events) => {
  test('says DRILL in the title, the first line and the front matter of every form', () => {
    expect(summaryOf(events)).toMatch(/^## [✅❌] DRILL (passed|failed|interrupted) /u);
    expect(summaryOf(events).split('\n')[2]).toMatch(/^\*\*DRILL, not an incident\*\*/);
    expect(renderTerminal(reportOf(events), { color: false })).toMatch(/^[✓✗] DRILL /);
    expect(recordOf(events)).toMatch(/\n# DRILL (passed|failed|interrupted) /);
    expect(recordOf(events)).not.toMatch(/Incident|Impact/);
    const front = parse(recordOf(events));
    expect(front).toMatchObject({
      record: 'rollback-plan/drill/v1',
      kind: 'drill',
      drill: 'DRILL-2026-11',
    });
    expect(front).not.toHaveProperty('incident');
    expect(reportOf(events).timeline[0]?.text).toBe(
      'ada started a DRILL of checkout in staging: monthly drill',
    );
  });

  test('leaves learnings and action items to people, below the line that is theirs', () => {
    const [, people = ''] = recordOf(events).split(peopleMarker);
    expect(people).toContain('## Learnings');
    expect(people).toContain('## Action items');
    expect(people).not.toContain('Root cause');
  });
});

describe('a drill that passed', () => {
  test('has its times against their limits, and every component as before', () => {
    const summary = summaryOf(drillPassed);
    expect(summary).toContain('| ✅ | noticed | 7.1 s | 1 m | by health |');
    expect(summary).toContain('| ✅ | rolled back | 29 s | – | api is at content of revision 7 |');
    expect(summary).toContain('| ✅ | users served again | 30 s | 15 m | 2 of 2 checks passed |');
    expect(summary).toContain(
      '| ✅ | api | revision 7 (checkout-1.3.0, app 2.1.0) | revision 9, content of revision 7 |',
    );
    expect(summary).toContain('**Did the drill pass?** Yes: every part of it worked.');
  });

  test('has steps of break, rollback and restore', () => {
    const summary = summaryOf(drillPassed);
    const places = ['| **break** |', '| **rollback: application** |', '| **restore** |'].map((row) =>
      summary.indexOf(row),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('counts what it measured, and not how long the drill took', () => {
    expect(reportOf(drillPassed).recovery).toEqual({
      withinMs: 900_000,
      tookMs: 33_500,
      countedMs: 30_200,
      met: true,
    });
    expect(renderResult(reportOf(drillPassed)).drill).toMatchObject({
      passed: true,
      failed_part: null,
      measured: [
        { name: 'noticed', duration_seconds: 7.1, limit_seconds: 60, in_time: true },
        { name: 'rolled-back', in_time: null },
        { name: 'served-again', duration_seconds: 30.2, limit_seconds: 900, in_time: true },
      ],
      compared: [{ component: 'api', same: true }],
    });
  });

  test('calls its versions pinned only while they are what they were', () => {
    expect(summaryOf(drillPassed)).toContain('### Pinned before the drill');
    const moved = drillPassed.map((event) =>
      event.type === 'pinned'
        ? { ...event, changes: event.changes.map((change) => ({ ...change, alreadyThere: false })) }
        : event,
    );
    expect(summaryOf(moved)).toContain('### Versions');
  });

  test('calls being noticed good, and what noticed it', () => {
    const noticed = reportOf(drillPassed).timeline.find(({ text }) => text.startsWith('watched'));
    expect(noticed).toMatchObject({ tone: 'good' });
    expect(summaryOf(drillPassed)).toContain('Noticed by: health: 3 looks in a row failed');
  });
});

describe('a drill that failed', () => {
  const failed = (change: Partial<Extract<RunEvent, { type: 'run-finished' }>>): readonly RunEvent[] =>
    drillPassed.map((event) =>
      event.type === 'run-finished' ? { ...event, outcome: 'failed', ...change } : event,
    );
  const fault = (code: 'drill-not-restored' | 'check-failed' | 'command-failed') =>
    ({ code, message: 'it did not work', hint: 'Mend it.' }) as const;
  const withStep = (step: string): readonly RunEvent[] =>
    failed({ fault: fault('command-failed'), failedStep: step }).map((event) =>
      event.type === 'step-finished' && event.step === step ? { ...event, status: 'failed' } : event,
    );

  test.each<[string, readonly RunEvent[], string, string]>([
    [
      'notice',
      drillNotNoticed,
      'nothing noticed the known-bad version',
      'would stay live until a person notices',
    ],
    ['break', withStep('break/deploy'), 'nothing was rehearsed', 'this says nothing'],
    [
      'roll back',
      withStep('application/api'),
      'the rollback did not work',
      'the button would fail in the same place',
    ],
    [
      'serve again',
      failed({ fault: fault('check-failed') }),
      'users were not served again',
      'users would still not be served',
    ],
    [
      'restore',
      withStep('restore/cache'),
      'nobody can tell whether the target is as it was',
      'may leave something behind',
    ],
    [
      'restore',
      failed({ fault: fault('drill-not-restored') }).map((event) =>
        event.type === 'drill-compared' ? { ...event, now: 'revision 8', same: false } : event,
      ),
      'the target is not as it was before',
      'may leave something behind',
    ],
    [
      'in time',
      failed({}).map((event) => (event.type === 'drill-measured' ? { ...event, limitMs: 10_000 } : event)),
      'it took too long (rolled back after 29 s of 10 s, users served again after 30 s of 10 s)',
      'users would wait longer than the plan allows',
    ],
  ])('names the part (%s), and what that means in a real incident', (part, events, saying, meaning) => {
    expect(failedPart(reportOf(events))).toBe(part);
    const summary = summaryOf(events);
    expect(summary.split('\n')[0]).toMatch(/^## ❌ DRILL failed for checkout in staging: /);
    expect(summary.split('\n')[0]).toContain(saying);
    expect(summary).toMatch(new RegExp(`\\*\\*In a real incident:\\*\\* .*${meaning}`));
    expect(recordOf(events)).toContain('**In a real incident:**');
    expect(renderResult(reportOf(events)).drill).toMatchObject({ passed: false, failed_part: part });
  });

  test('shows what it did not come to measure', () => {
    expect(summaryOf(drillNotNoticed)).toContain('| ❌ | noticed | **not noticed** | – | – |');
    expect(summaryOf(drillBrokenOff)).toContain('| ❓ | noticed | **not measured** | – | – |');
    expect(summaryOf(drillBrokenOff)).toContain(
      '| ❓ | api | revision 7 (checkout-1.3.0, app 2.1.0) | **not compared** |',
    );
  });

  test('was refused before anything was changed, and shows no empty tables', () => {
    const refused = [
      ...drillPassed.slice(0, 4),
      ...failed({ outcome: 'refused' }).filter(({ type }) => type === 'run-finished'),
    ];
    const summary = summaryOf(refused);
    expect(summary).toMatch(/^## ❌ DRILL refused for checkout in staging: nothing was changed/);
    expect(summary).not.toContain('### Measured');
    expect(summary).not.toContain('### As before?');
  });

  test('tells to put the target back when it broke off', () => {
    expect(summaryOf(drillBrokenOff)).toMatch(
      /DRILL interrupted for checkout in staging: the known-bad version may still be live/,
    );
    expect(summaryOf(drillBrokenOff)).toContain("--reason 'put back after drill DRILL-2026-11'");
  });
});

test('a drill that passed with a part over its limit is no plain success', () => {
  const slow = drillPassed.map((event) =>
    event.type === 'drill-measured' ? { ...event, limitMs: 10_000 } : event,
  );
  expect(summaryOf(slow)).toMatch(/^## ⚠️ DRILL passed/);
  expect(summaryOf(slow)).toContain('⚠️ **too long**');
});
