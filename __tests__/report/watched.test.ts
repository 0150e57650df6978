// A deploy that was watched: good, bad and rolled back, bad and still live, or nobody can tell. A bad one is red wherever it is told.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderResult } from '../../src/report/result.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import {
  badDeploy,
  blind,
  brokenOffRollback,
  quiet,
  refusedRollback,
  rolledBackDeploy,
  soakedRollback,
  watchedUntilBad,
  watching,
  watchStarted,
} from '../../tools/look/watch-journals.ts';
import { parse } from './front-matter.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));
const terminalOf = (events: readonly RunEvent[]): string =>
  renderTerminal(reportOf(events), { color: false }).replaceAll(/\s+/g, ' ');

function ended(change: Partial<Extract<RunEvent, { type: 'run-finished' }>>): readonly RunEvent[] {
  return rolledBackDeploy.map((event) => (event.type === 'run-finished' ? { ...event, ...change } : event));
}

describe('a deploy that stayed healthy', () => {
  test('is verified, with how long it was watched, and the snapshot that was noted', () => {
    for (const text of [summaryOf(quiet), terminalOf(quiet)]) {
      expect(text).toContain('Verified: checkout stayed healthy for 5 m');
      expect(text).toContain('Watched for 5 m, 40 looks: nothing bad.');
      expect(text).toContain(
        'Snapshot 2026-11-21T10:32:06Z noted: api revision 8 (checkout-1.4.0, app 2.2.0), worker revision 12, config v14.',
      );
      expect(text).toContain(
        'kubectl --context eu-1 --namespace shop get configmap rollback-plan-ledger --output yaml',
      );
    }
    expect(summaryOf(quiet)).toMatch(/^## ✅ Verified/);
  });

  test('does not say noted when the ledger said the same already', () => {
    const same = quiet.map((event) => (event.type === 'snapshot-noted' ? { ...event, fresh: false } : event));
    expect(summaryOf(same)).toContain('Snapshot 2026-11-21T10:32:06Z says the same already:');
    expect(summaryOf(same)).not.toContain('noted:');
  });

  test('says when no snapshot was noted', () => {
    const none = quiet.filter(({ type }) => type !== 'snapshot-noted');
    expect(summaryOf(none)).toContain('No snapshot was noted');
  });

  test('is in the result with its window and versions', () => {
    expect(renderResult(reportOf(quiet))).toMatchObject({
      outcome: 'verified',
      green: true,
      plan: { ref: 'main', commit: '4f2a9c07b1de55aa0c1b2d3e4f5061728394a5b6' },
      watch: { state: 'quiet', looks: 40, window_seconds: 300, duration_seconds: 300 },
      snapshot: { id: '2026-11-21T10:32:06Z', fresh: true, versions: { config: 'v14' } },
      sla_met: null,
    });
  });

  test('is no incident', () => {
    const record = renderIncident(reportOf(quiet));
    expect(parse(record)).toMatchObject({ record: 'rollback-plan/verification/v1', kind: 'verification' });
    expect(record).toContain('\n# Verified: checkout stayed healthy');
    expect(record).not.toContain('Root cause');
  });

  test('has its first failing looks, the watch and the snapshot in the timeline', () => {
    expect(reportOf(quiet).timeline.map(({ text }) => text)).toEqual([
      'ada started verify of checkout in eu: deploy of 2.2.0',
      'watching for 5 m: health, error rate',
      'check health: fail, 503 (expected status 200)',
      'check error rate: pass, 0.002 (expected <= 0.05)',
      'check health: pass, 200 (expected status 200)',
      'watched for 5 m, 40 looks: nothing bad',
      'snapshot 2026-11-21T10:32:06Z noted: api revision 8 (checkout-1.4.0, app 2.2.0), worker revision 12, config v14',
      'verified after 5 m 2 s',
    ]);
  });
});

describe('a bad deploy that is left to a person', () => {
  const hint = `Nothing was changed. Look first.
Then press: rollback-plan rollback --target eu --to previous --reason 'the deploy is bad, and more words than a line of a terminal has room for'`;
  const left = refusedRollback.map((event) =>
    event.type === 'run-finished' && event.fault !== undefined
      ? { ...event, fault: { ...event.fault, code: 'brake-on' as const, hint } }
      : event,
  );

  test('has one command to press: where the hint goes, with the incident, and never broken in two', () => {
    const text = renderTerminal(reportOf(left), { color: false });
    const commands = text.split('\n').filter((line) => line.includes('rollback-plan rollback'));
    expect(commands).toEqual([
      `    rollback-plan rollback --target eu --to previous --reason 'the deploy is bad, and more words than a line of a terminal has room for' --incident INC-2041`,
    ]);
    expect(text).toContain('Nothing was changed. Look first.\n  Then press:\n');
    expect(summaryOf(left).split('rollback-plan rollback')).toHaveLength(2);
  });
});

describe('a deploy that was bad, and what was gone back to was watched, too', () => {
  test('is told as bad, with the reasons of the watch that decided', () => {
    expect(renderResult(reportOf(soakedRollback))).toMatchObject({
      watch: { state: 'bad', trigger: 'error rate', severity: 'P0', window_seconds: 300, looks: 8 },
    });
    expect(parse(renderIncident(reportOf(soakedRollback)))).toMatchObject({
      watch: 'bad',
      trigger: 'error rate',
    });
    for (const text of [summaryOf(soakedRollback), terminalOf(soakedRollback)]) {
      expect(text).toContain('Bad after 45 s, 8 looks: error rate: 3 looks in a row failed');
      expect(text).not.toContain('Watched for 1 m, 12 looks: nothing bad');
    }
  });

  test('is held against the time that its severity allows, from when it was noticed', () => {
    expect(reportOf(soakedRollback).recovery).toEqual({
      withinMs: 900_000,
      tookMs: 133_400,
      countedMs: 87_200,
      met: true,
    });
  });

  test('says how it was afterwards, apart from it', () => {
    expect(summaryOf(soakedRollback)).toContain(
      'After the rollback: window 1 m, watching health, error rate. Ended after 1 m, 12 looks: nothing bad.',
    );
    expect(terminalOf(soakedRollback)).toContain('Watched after the rollback 1 m window: health, error rate');
    expect(summaryOf(soakedRollback)).toContain('**error rate, after the rollback**: first 0.4 %');
    expect(reportOf(soakedRollback).timeline.map(({ text }) => text)).toContain(
      'watching what was gone back to for 1 m: health, error rate',
    );
  });
});

describe('a deploy that was bad and was rolled back', () => {
  const report = reportOf(rolledBackDeploy);

  test('says first that it was bad and why, then where it is, then what users see', () => {
    const headline =
      'The deploy of checkout was bad (error rate: 3 looks in a row failed: 0.21 over the last minute, expected <= 0.05) and was rolled back to api 7, worker 11: users are served again';
    expect(summaryOf(rolledBackDeploy).split('\n')[0]?.replaceAll('&lt;', '<')).toBe(`## ❌ ${headline}`);
    expect(terminalOf(rolledBackDeploy)).toContain(`✗ ${headline}`);
  });

  test('says that users still see errors when they do', () => {
    const still = rolledBackDeploy.map((event) =>
      event.type === 'check-finished' && event.elapsedMs > 60_000
        ? { ...event, state: 'fail' as const }
        : event,
    );
    expect(summaryOf(still).split('\n')[0]).toContain('users still see errors');
  });

  test('is a green success nowhere', () => {
    const summary = summaryOf(rolledBackDeploy);
    const record = renderIncident(report);
    expect(report.verdict).toMatchObject({ outcome: 'rolled-back', green: false });
    expect(renderResult(report)).toMatchObject({
      outcome: 'rolled-back',
      green: false,
      reason_code: 'deploy-rolled-back',
    });
    expect(summary).toContain('> [!CAUTION]');
    expect(record).toContain('> [!CAUTION]');
    expect(record).toContain('| **Outcome** | **bad deploy, rolled back** (`deploy-rolled-back`) |');
    expect(record).toMatch(/\| ada \| ❌ bad deploy, rolled back \|/);
    expect(parse(record)).toMatchObject({ outcome: 'rolled-back', green: false, trigger: 'error rate' });
    expect(report.timeline.find(({ text }) => text.startsWith('bad deploy, rolled back'))?.tone).toBe('bad');
    expect(renderTerminal(report, { color: true })).toContain('\u001b[31m✗ The deploy');
  });

  test('is green when the run says so, and still no success', () => {
    const tolerated = ended({ green: true });
    const summary = summaryOf(tolerated);
    expect(renderResult(reportOf(tolerated))).toMatchObject({
      green: true,
      reason_code: 'deploy-rolled-back',
    });
    expect(summary).toMatch(/^## ⚠️ The deploy of checkout was bad/);
    expect(summary).toContain('> [!WARNING]');
    expect(summary).toContain(
      'The run is green because `fail-on-rollback` is false; the deploy is not good.',
    );
    expect(renderIncident(reportOf(tolerated))).toMatch(/\| ada \| ⚠️ bad deploy, rolled back \|/);
  });

  test.each([
    ['a fault', { outcome: 'rolled-back', fault: badDeploy }, false],
    ['no fault', { outcome: 'rolled-back', fault: undefined }, true],
    ['a fault that is put up with', { outcome: 'rolled-back', fault: badDeploy, green: true }, true],
    ['a red outcome that somebody calls green', { outcome: 'failed', fault: badDeploy, green: true }, false],
  ] as const)('with %s is as green as that', (_what, change, green) => {
    expect(reportOf(ended(change)).verdict.green).toBe(green);
  });

  test('is never good in the summary even if the fault is missing', () => {
    expect(summaryOf(ended({ fault: undefined }))).toMatch(/^## ❌ The deploy of checkout was bad/);
  });

  test('counts the limit of the trigger’s severity from when it was noticed', () => {
    expect(report.recovery).toEqual({ withinMs: 900_000, tookMs: 73_400, countedMs: 27_200, met: true });
    expect(summaryOf(rolledBackDeploy)).toContain('1 m 13 s; 27 s of 15 m since it was noticed');
    expect(renderResult(report)).toMatchObject({
      severity: 'P0',
      total_duration_seconds: 73.4,
      sla_seconds: 900,
      sla_buffer_seconds: 872.8,
    });
  });

  test('has no limit when the trigger has another severity than was given, and none of its own', () => {
    const other = rolledBackDeploy.map((event) => {
      if (event.type === 'run-started') return { ...event, severity: 'P2', recoverWithinMs: 1 };
      return event.type === 'watch-finished' ? { ...event, recoverWithinMs: undefined } : event;
    });
    expect(reportOf(other).recovery).toMatchObject({ withinMs: undefined, met: undefined });
  });

  test('has why, trigger, scenario and looks in the summary and the result', () => {
    expect(summaryOf(rolledBackDeploy)).toContain(
      'Window 5 m, watching health, error rate. Ended after 45 s, 8 looks: bad. Called for: trigger error rate, severity P0, scenario application.',
    );
    expect(renderResult(report).watch).toMatchObject({
      state: 'bad',
      trigger: 'error rate',
      looks: 8,
      because: ['error rate: 3 looks in a row failed: 0.21 over the last minute, expected <= 0.05'],
    });
  });
});

describe('a bad deploy whose rollback did not come to its end', () => {
  test('says both when it was refused', () => {
    const summary = summaryOf(refusedRollback);
    expect(summary.split('\n')[0]).toMatch(
      /^## ❌ The deploy of checkout was bad \(.*\)\. Its rollback was refused: it is still live$/,
    );
    expect(summary).toContain('The bad deploy is still live, nothing was changed.');
    expect(summary).toContain('Rollback refused: api: no revision was ever deployed successfully');
    expect(renderResult(reportOf(refusedRollback))).toMatchObject({ outcome: 'refused', sla_met: false });
  });

  test('does not say twice why it was bad', () => {
    const twice = refusedRollback.map((event) =>
      event.type === 'run-finished' && event.fault !== undefined
        ? {
            ...event,
            fault: {
              ...event.fault,
              message: `the deploy is bad (error rate: 3 looks in a row failed: 0.21 over the last minute, expected <= 0.05); ${event.fault.message}`,
            },
          }
        : event,
    );
    expect(summaryOf(twice)).toContain('Rollback refused: api: no revision was ever deployed successfully');
  });

  test('says both when it was interrupted, and names the step', () => {
    const summary = summaryOf(brokenOffRollback);
    expect(summary.split('\n')[0]).toContain(
      'Its rollback was interrupted: checkout is part-way back, and 1 step is unknown',
    );
    expect(summary).toContain('Step “take api back to revision 7” is unknown.');
  });

  test.each([
    ['halted', 'Its rollback halted: checkout is part-way back'],
    ['failed', 'was taken back to api 7, worker 11, but its checks still fail'],
    ['inconclusive', 'was taken back to api 7, worker 11, but nobody can tell yet whether it is healthy'],
  ] as const)('says both when it %s', (outcome, saying) => {
    const [headline = ''] = summaryOf(ended({ outcome, fault: undefined })).split('\n');
    expect(headline).toMatch(/^## ❌ The deploy of checkout was bad/);
    expect(headline).toContain(saying);
  });
});

describe('a deploy that nobody could measure', () => {
  test('says what could not be measured, that nothing was changed, and what to do', () => {
    const summary = summaryOf(blind);
    expect(summary).toMatch(
      /^## ❌ Nobody can tell whether the deploy of checkout is good: nothing was rolled back/,
    );
    expect(summary).toContain('Not known. No usable answer from error rate. Nothing was changed.');
    expect(summary).toContain('20 of 20 looks could not measure');
    expect(summary).toContain('If they are not, press the button:');
    expect(renderResult(reportOf(blind))).toMatchObject({ green: false, watch: { state: 'blind' } });
  });
});

/** The last look of a check, in another state. */
function endedAs(
  events: readonly RunEvent[],
  name: string,
  state: 'pass' | 'fail' | 'error',
): readonly RunEvent[] {
  const last = events.findLastIndex((event) => event.type === 'check-finished' && event.name === name);
  return events.map((event, index) =>
    index === last && event.type === 'check-finished' ? { ...event, state } : event,
  );
}

test('what failed before the deploy does not make the answer a no', () => {
  const excused = endedAs(blind, 'error rate', 'fail');
  expect(summaryOf(excused)).toContain(
    'Not known. What fails does not blame the deploy: error rate. Nothing was changed.',
  );
  expect(summaryOf(excused)).not.toContain('Is the deploy good?** No.');
});

test.each(['fail', 'error'] as const)(
  'a check that only warns leaves a verified deploy good (%s)',
  (state) => {
    expect(summaryOf(endedAs(quiet, 'error rate', state))).toContain(
      'Yes, as the plan weighs it: 1 of 2 checks passed, and not error rate.',
    );
  },
);

test('a watch whose end is missing says so', () => {
  const torn = journal([[0, watching], watchStarted]);
  expect(summaryOf(torn)).toContain('Interrupted: nobody watched the deploy of checkout to the end');
  expect(summaryOf(torn)).toContain('how that ended is not in the journal');
  expect(renderResult(reportOf(torn)).watch).toMatchObject({ state: 'unknown', looks: null });
});

test('a thousand long reasons leave the verdict readable', () => {
  const reasons = Array.from({ length: 1_000 }, (_, index) => `condition ${index}: ${'x'.repeat(5_000)}`);
  const many = journal([
    ...watchedUntilBad.map(
      ([at, body]) => [at, body.type === 'watch-finished' ? { ...body, because: reasons } : body] as const,
    ),
    [50_000, { type: 'run-finished', outcome: 'refused', fault: badDeploy, durationMs: 50_000 }],
  ]);
  const summary = summaryOf(many);
  expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
  expect(summary.split('\n')[0]?.length).toBeLessThan(320);
  expect(summary).toContain('997 more');
  expect(renderTerminal(reportOf(many), { color: false }).split('\n').length).toBeLessThan(250);
  expect(Buffer.byteLength(renderIncident(reportOf(many)))).toBeLessThan(1_000_000);
});
