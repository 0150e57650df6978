// The summary stays below what the runner accepts, whatever a run leaves behind, and never loses the verdict.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { drillNotNoticed } from '../../tools/look/drill-journals.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { poisoned } from '../../tools/look/hostile-journal.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import { green, halted, interrupted } from '../../tools/look/sample-journals.ts';
import { rolledBackDeploy } from '../../tools/look/watch-journals.ts';
import { shapeOf } from './rendered.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));

describe('the size of the summary', () => {
  const inflated = (logBytes: number, previewBytes = 0): readonly RunEvent[] =>
    halted.map((event) => {
      if (event.type === 'done')
        return { ...event, stdout: 'ä log line\n'.repeat(logBytes / 12), stderr: '' };
      if (event.type === 'step-started') return { ...event, notes: ['n'.repeat(previewBytes)] };
      return event;
    });

  test.each([
    ['50 MB of logs', inflated(17_000_000), /Logs are (shortened|left out)/],
    ['logs just too many', inflated(600_000), /Logs are shortened/],
    ['ten thousand steps', manySteps(10_000, 100), /left out/],
    ['three thousand steps with their output', manySteps(3_000, 20_000), /left out/],
    [
      'a message of ten megabytes',
      halted.map((event) =>
        event.type === 'run-finished'
          ? {
              ...event,
              fault: {
                code: 'internal' as const,
                message: 'm'.repeat(10_000_000),
                hint: 'h'.repeat(10_000_000),
              },
            }
          : event,
      ),
      /Halted/,
    ],
    [
      'a watch with names of a megabyte',
      poisoned(rolledBackDeploy, `|\`${'<é@'.repeat(300_000)}`),
      /was bad/,
    ],
    ['a drill with names of a megabyte', poisoned(drillNotNoticed, `|\`${'<é@'.repeat(300_000)}`), /DRILL/],
    ['twenty thousand findings', manyFindings(20_000), /left out/],
    ['names of a megabyte', poisoned(halted, `|\`${'<é@'.repeat(300_000)}`), /Halted/],
    [
      'a preview of ten megabytes',
      planned.map((event) =>
        event.type === 'step-planned' ? { ...event, preview: '+ öbject\n'.repeat(1_000_000) } : event,
      ),
      /Dry run/,
    ],
  ])(
    'stays below 1 MiB with %s, keeps the verdict and says what is missing',
    (_what, events, missing) => {
      const summary = summaryOf(events);
      expect(Buffer.byteLength(summary)).toBeLessThan(1_048_576);
      expect(summary).toMatch(missing);
      expect(summary).toMatch(/^## (❌ (Halted|Interrupted|The deploy|DRILL)|🔎 Dry run)/);
      expect(summary).toMatch(/\*\*(Is the service back|Was anything changed|Did the drill pass)\?\*\*/);
      expect(shapeOf(summary).length).toBeGreaterThan(4);
    },
    60_000,
  );

  test('leaves an ordinary log whole', () => {
    expect(summaryOf(green)).toContain('Rollback was a success! Happy Helming!');
    expect(summaryOf(green)).not.toContain('left out.');
  });

  test('gives up logs first, then previews, then rows, and the verdict never', () => {
    const report = reportOf(
      green.map((event) => (event.type === 'done' ? { ...event, stdout: 'log\n'.repeat(5_000) } : event)),
    );
    const sizes = [1_000_000, 12_000, 5_000, 1].map((limit) => {
      const summary = renderSummary(report, limit);
      return [
        summary.includes('log\nlog'),
        summary.includes('### Steps'),
        summary.startsWith('## ✅ checkout is back'),
      ];
    });
    expect(sizes).toEqual([
      [true, true, true],
      [false, true, true],
      [false, true, true],
      [false, true, true],
    ]);
  });
});

/** A run that somebody looked at afterwards, with that many components, all of them in the ledger, too. */
function manyFindings(count: number): readonly RunEvent[] {
  const names = Array.from({ length: count }, (_, index) => `component-${index}`);
  const versions = Object.fromEntries(names.map((name) => [name, 'revision 7'.repeat(10)]));
  return [
    ...interrupted,
    ...journal([
      [1, { type: 'snapshot-noted', id: 's', where: 'kubectl get', versions, fresh: true }],
      ...names.map(
        (component, index) =>
          [index, { type: 'found', component, version: 'v'.repeat(200), detail: 'd'.repeat(200) }] as const,
      ),
    ]),
  ];
}

/** A run of that many steps, each with that much output. */
function manySteps(steps: number, output: number): readonly RunEvent[] {
  const operation = { id: 'x', title: 'x', shown: 'true', mutates: true };
  const bodies = Array.from({ length: steps }, (_, index) => {
    const step = `p/${index}`;
    const told = { phase: 'p', step, title: `step ${index} ${'t'.repeat(200)}`, kind: 'run' };
    return [
      [index, { type: 'step-started', ...told, timeoutMs: 1, notes: [] }],
      [index, { type: 'intent', step, operation, attempt: 1, deadlineMs: 1 }],
      [
        index,
        {
          type: 'done',
          step,
          operation: 'x',
          attempt: 1,
          ended: 'succeeded',
          exitCode: 0,
          durationMs: 1,
          stdout: 'o'.repeat(output),
          stderr: '',
          evidence: '',
        },
      ],
      [
        index,
        { type: 'step-finished', ...told, status: 'succeeded', evidence: '', durationMs: 1, outputs: {} },
      ],
    ] as const;
  }).flat();
  return journal([
    ...halted.slice(0, 1).map(({ seq: _seq, at: _at, elapsedMs, ...body }) => [elapsedMs, body] as const),
    ...bodies,
    [steps, { type: 'run-finished', outcome: 'halted', durationMs: steps }],
  ]);
}
