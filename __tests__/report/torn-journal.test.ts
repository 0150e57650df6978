// A journal that is torn off anywhere gives a report that says what is unknown, and never calls done what isn't known to be.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent, RunEventBody } from '../../src/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import type { Report, StepReport } from '../../src/report/model.ts';
import { reportOf, stepsOf } from '../../src/report/model.ts';
import { renderResult } from '../../src/report/result.ts';
import { resultSchema } from '../../src/report/result-schema.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { allJournals } from '../../tools/look/all-journals.ts';
import { helm, journal, started } from '../../tools/look/journal-parts.ts';
import { interrupted } from '../../tools/look/sample-journals.ts';

function stepOf(report: Report, id: string): StepReport {
  const found = stepsOf(report).find(({ step }) => step === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
}

describe('a journal that just stops', () => {
  const report = reportOf(interrupted);

  test('is interrupted, by conclusion', () => {
    expect(report.verdict).toEqual({
      outcome: 'interrupted',
      green: false,
      fault: undefined,
      failedStep: undefined,
      said: false,
    });
    expect(report.timeline.at(-1)?.text).toBe('the journal of this run ends here, without a verdict');
  });

  test('has the step whose operation has no end as unknown, and the finished one as finished', () => {
    expect(stepOf(report, 'application/api')).toMatchObject({ status: 'unknown', durationMs: 7_390 });
    expect(stepOf(report, 'application/api').operations[0]?.attempts[0]?.done).toBeUndefined();
    expect(stepOf(report, 'application/worker').status).toBe('succeeded');
    expect(report.phases.map(({ status }) => status)).toEqual(['succeeded', 'running']);
  });

  test.each<[string, readonly RunEventBody[], string]>([
    ['started and did nothing yet', [], 'running'],
    [
      'only looked',
      [{ type: 'intent', step: 'a/b', operation: { ...helm, mutates: false }, attempt: 1, deadlineMs: 1 }],
      'running',
    ],
    [
      'began to change something',
      [{ type: 'intent', step: 'a/b', operation: helm, attempt: 1, deadlineMs: 1 }],
      'unknown',
    ],
    [
      'came back from its command, but nobody looked whether that helped',
      [
        { type: 'intent', step: 'a/b', operation: helm, attempt: 1, deadlineMs: 1 },
        {
          type: 'done',
          step: 'a/b',
          operation: helm.id,
          attempt: 1,
          ended: 'succeeded',
          durationMs: 1,
          stdout: '',
          stderr: '',
          evidence: '',
        },
      ],
      'unknown',
    ],
  ])('has a step that %s as it was left', (_what, tail, status) => {
    const events = journal([
      [0, started()],
      [
        1,
        { type: 'step-started', phase: 'a', step: 'a/b', title: 'b', kind: 'run', timeoutMs: 1, notes: [] },
      ],
      ...tail.map((body, index) => [2 + index, body] as const),
    ]);
    expect(stepOf(reportOf(events), 'a/b').status).toBe(status);
  });

  test('was cancelled, if that is the last that is known', () => {
    const events = journal([
      [0, started()],
      [5, { type: 'cancel-requested', by: 'SIGINT' }],
    ]);
    expect(reportOf(events).verdict).toMatchObject({ outcome: 'interrupted', fault: { code: 'cancelled' } });
  });

  test('gives a report wherever it is torn, and never calls a step done whose end is missing', () => {
    for (const events of Object.values(allJournals)) {
      for (let length = 0; length <= events.length; length += 1) {
        const torn = events.slice(0, length);
        const finished = torn.some(({ type }) => type === 'run-finished');
        const report = reportOf(torn);
        if (!finished) expect(report.verdict.outcome).toBe('interrupted');
        for (const step of stepsOf(report)) {
          const ended = torn.some((event) => event.type === 'step-finished' && event.step === step.step);
          if (!ended) expect(['planned', 'running', 'unknown']).toContain(step.status);
        }
      }
    }
  });

  test.each(Object.entries(allJournals))(
    'is told in every form wherever a %s run is torn',
    (_name, events) => {
      for (let length = 0; length <= events.length; length += 1) {
        const torn = reportOf(events.slice(0, length));
        expect(renderSummary(torn)).toMatch(/^## \S+ \S/);
        expect(renderIncident(torn)).toMatch(/\n# \S/);
        expect(renderTerminal(torn, { color: false })).toMatch(/^\S \S/);
        expect(resultSchema.safeParse(JSON.parse(JSON.stringify(renderResult(torn)))).error).toBeUndefined();
      }
    },
    60_000,
  );

  test('gives a report whatever events are lost in the middle', () => {
    for (const events of Object.values(allJournals)) {
      for (let lost = 0; lost < events.length; lost += 1) {
        const holed = reportOf(events.filter((_, index) => index !== lost));
        expect(renderSummary(holed)).toMatch(/^## \S+ \S/);
        expect(renderTerminal(holed, { color: false })).not.toContain('undefined');
      }
    }
  }, 60_000);

  test.each<[string, readonly RunEvent[]]>([
    ['nothing at all', []],
    [
      'an operation whose step nobody announced',
      journal([[0, { type: 'intent', step: 'x', operation: helm, attempt: 1, deadlineMs: 1 }]]),
    ],
    [
      'an end without a beginning',
      journal([[0, { type: 'run-finished', outcome: 'refused', durationMs: 3 }]]),
    ],
  ])('with %s still gives a report', (_what, events) => {
    expect(reportOf(events).identity.service).toBe('unknown');
  });
});
