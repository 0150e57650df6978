// A journal, whole or torn off anywhere, folds into a report that says what is known and nothing more.

import { describe, expect, test } from '@jest/globals';
import type { RunEventBody } from '../../src/events.ts';
import type { Report, StepReport } from '../../src/report/model.ts';
import { reportOf, stepsOf, triggeredAt } from '../../src/report/model.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { health, helm, identity, journal, started } from '../../tools/look/journal-parts.ts';
import { continued, green, halted, interrupted, refused } from '../../tools/look/sample-journals.ts';

function stepOf(report: Report, id: string): StepReport {
  const found = stepsOf(report).find(({ step }) => step === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
}

describe('a finished run', () => {
  const report = reportOf(green);

  test('has the verdict that it gave', () => {
    expect(report.verdict).toEqual({
      outcome: 'rolled-back',
      green: true,
      fault: undefined,
      failedStep: undefined,
      said: true,
    });
  });

  test('knows who, what and where, without what belongs to the journal', () => {
    expect(report.identity).toEqual(identity);
  });

  test.each([
    ['stop/maintenance', 'succeeded', undefined, undefined, 930],
    ['application/api', 'succeeded', 'revision 8', 'revision 7', 22_390],
    ['application/worker', 'succeeded', 'revision 12', 'revision 11', 7_380],
    ['application/config', 'skipped', undefined, undefined, 0],
    ['reopen/maintenance', 'succeeded', undefined, undefined, 840],
  ])('has step %s as %s with its versions and time', (id, status, before, after, durationMs) => {
    expect(stepOf(report, id)).toMatchObject({ status, before, after, durationMs });
  });

  test('has its phases in order, with time, estimate, budget and whether that held', () => {
    expect(
      report.phases.map(({ name, durationMs, estimateMs, budgetMs, overBudget }) => [
        name,
        durationMs,
        estimateMs,
        budgetMs,
        overBudget,
      ]),
    ).toEqual([
      ['stop the bleeding', 960, 20_000, 60_000, false],
      ['application', 22_500, 40_000, 20_000, true],
      ['reopen', 860, undefined, 60_000, false],
    ]);
  });

  test('tells checks before the first change from those after the last', () => {
    expect(
      report.checks.map(({ name, before, now, measurements }) => [
        name,
        before?.state,
        now?.state,
        measurements,
      ]),
    ).toEqual([
      ['health', 'fail', 'pass', 2],
      ['error rate', undefined, 'pass', 1],
    ]);
  });

  test('was in time', () => {
    expect(report.recovery).toEqual({ withinMs: 900_000, tookMs: 27_100, countedMs: 27_100, met: true });
  });

  test('was late when it took longer than the severity allows, and the summary says so', () => {
    const tight = green.map((event) =>
      event.type === 'run-started' ? { ...event, recoverWithinMs: 20_000 } : event,
    );
    expect(reportOf(tight).recovery).toEqual({
      withinMs: 20_000,
      tookMs: 27_100,
      countedMs: 27_100,
      met: false,
    });
    expect(renderSummary(reportOf(tight))).toContain('27 s of 20 s, ⚠️ **too long**');
    expect(renderSummary(reportOf(tight))).toContain('That is longer than the 20 s that P0 allows.');
  });

  test('knows what was run and how it ended', () => {
    const [operation] = stepOf(report, 'application/api').operations;
    expect(operation).toMatchObject({ shown: helm.shown, mutates: true });
    expect(operation?.attempts).toEqual([
      {
        attempt: 1,
        at: '2026-11-21T10:27:07.150Z',
        to: '7',
        precondition: undefined,
        done: {
          ended: 'succeeded',
          exitCode: 0,
          durationMs: 18_200,
          stdout: 'Rollback was a success! Happy Helming!\n',
          stderr: '',
          evidence: 'succeeded',
        },
      },
    ]);
  });

  test('was published', () => {
    expect(report.published).toMatchObject([{ ok: true, path: 'incidents/INC-2041.md' }]);
  });

  test('says where its pull request is, or could be', () => {
    const where = { branch: 'rollback-plan/INC-2041', pullRequest: 'https://p', compare: 'https://c' };
    const told = green.map((event) => (event.type === 'published' ? { ...event, ...where } : event));
    expect(reportOf(told).published).toMatchObject([where]);
  });
});

describe('a halted run', () => {
  const report = reportOf(halted);

  test('names the step and the fault, and was not in time', () => {
    expect(report.verdict).toMatchObject({
      outcome: 'halted',
      green: false,
      failedStep: 'application/api',
      fault: { code: 'command-failed' },
    });
    expect(report.recovery.met).toBe(false);
  });

  test('still has the steps that ran regardless', () => {
    expect(stepOf(report, 'reopen/maintenance').status).toBe('succeeded');
  });
});

describe('a refused run', () => {
  test('changed nothing, is neither in time nor late, and its overrides are in the timeline', () => {
    const report = reportOf(refused);
    expect(report.changedAnything).toBe(false);
    expect(report.recovery.met).toBeUndefined();
    expect(report.timeline.filter(({ tone }) => tone === 'warning').map(({ text }) => text)).toEqual([
      'override given by ada: ignore-pending',
    ]);
  });
});

describe('a dry run', () => {
  test('has planned steps with their commands and previews, and changed nothing', () => {
    const report = reportOf(planned);
    expect(stepsOf(report).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'planned'));
    expect(stepOf(report, 'application/api')).toMatchObject({
      operations: [{ shown: helm.shown, attempts: [] }],
      outputsKnownAfter: ['revision'],
    });
    expect(stepOf(report, 'application/api').preview).toContain(
      '+        image: registry.example/checkout/api:2.1.0',
    );
    expect(stepOf(report, 'application/config').skipped).toBe('already at v14');
    expect(report.changedAnything).toBe(false);
  });
});

describe('an incident that was continued', () => {
  const report = reportOf(continued);

  test('has the verdict of the last run and the runs before it', () => {
    expect(report.verdict.outcome).toBe('rolled-back');
    expect(report.earlier.map(({ verdict }) => verdict.outcome)).toEqual(['interrupted']);
  });

  test('counts its time from the first press', () => {
    expect(triggeredAt(report)).toBe('2026-11-21T10:27:05.120Z');
    expect(report.recovery.tookMs).toBe(327_100);
  });

  test('is late when the first press was too long ago, even if the last run was quick', () => {
    const tight = continued.map((event) =>
      event.type === 'run-started' ? { ...event, recoverWithinMs: 60_000 } : event,
    );
    expect(reportOf(tight).recovery.met).toBe(false);
  });

  test('remembers what the first run pinned when the last one was refused before it came to that', () => {
    const pressedAgain = [...interrupted, ...refused];
    expect(reportOf(pressedAgain)).toMatchObject({
      verdict: { outcome: 'refused' },
      changes: reportOf(interrupted).changes,
    });
  });
});

test('a long watch puts only changes of a check into the timeline', () => {
  const check = (state: 'pass' | 'fail'): RunEventBody => ({
    type: 'check-finished',
    ...health,
    state,
    value: '',
    evidence: '',
    durationMs: 1,
  });
  const states = ['pass', 'pass', 'fail', 'fail', 'fail', 'pass', 'pass'] as const;
  const report = reportOf(
    journal([[0, started()], ...states.map((state, index) => [index, check(state)] as const)]),
  );
  expect(
    report.timeline
      .filter(({ text }) => text.startsWith('check'))
      .map(({ text }) => text.split(':')[1]?.trim().split(' ')[0]),
  ).toEqual(['pass', 'fail', 'pass']);
  expect(report.checks[0]?.measurements).toBe(7);
});

test('a later attempt of an operation is kept beside the first', () => {
  const intent = (attempt: number): RunEventBody => ({
    type: 'intent',
    step: 'a/b',
    operation: helm,
    attempt,
    deadlineMs: 1,
  });
  const done = (attempt: number, exitCode: number): RunEventBody => ({
    type: 'done',
    step: 'a/b',
    operation: helm.id,
    attempt,
    ended: exitCode === 0 ? 'succeeded' : 'failed',
    exitCode,
    durationMs: 1,
    stdout: '',
    stderr: '',
    evidence: 'failed with exit code 1',
  });
  const report = reportOf(
    journal([
      [0, started()],
      [1, intent(1)],
      [2, done(1, 1)],
      [3, intent(2)],
      [4, done(2, 0)],
    ]),
  );
  expect(
    stepOf(report, 'a/b').operations[0]?.attempts.map(({ attempt, done: end }) => [attempt, end?.exitCode]),
  ).toEqual([
    [1, 1],
    [2, 0],
  ]);
  expect(report.timeline.map(({ text }) => text)).toContain('a/b, attempt 1: failed with exit code 1');
});
