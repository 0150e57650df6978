// The summary says first what happened and what to do, whatever the outcome, and shows how it is known.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { hostileText, poisoned } from '../../tools/look/hostile-journal.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import { green, halted, interrupted, refused } from '../../tools/look/sample-journals.ts';
import { codeIn } from './rendered.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));

describe('the summary', () => {
  test.each<[string, readonly RunEvent[], readonly string[]]>([
    [
      'a green run',
      green,
      [
        '✅ checkout is back on api 7, worker 11',
        'Yes: 2 of 2 checks passed.',
        '4 steps done, 1 left out in 27 s',
      ],
    ],
    [
      'a halted run',
      halted,
      [
        '❌ Halted: checkout is part-way back',
        'No. 1 check fails: health.',
        '`helm rollback checkout 7` failed with exit code 1',
        '--to api=7,worker=11,config=v14',
        'kubectl delete deployment/checkout',
      ],
    ],
    [
      'a refused run',
      refused,
      ['❌ Refused: nothing was changed in checkout', 'Unchanged: it is as it was', '`to: api=VERSION`'],
    ],
    [
      'an interrupted run',
      interrupted,
      [
        '❌ Interrupted: checkout is part-way back, and 1 step is unknown',
        'Not known. Nothing was measured since the last change.',
        'rollback-plan rollback',
        '--incident INC-2041',
      ],
    ],
    [
      'a dry run',
      planned,
      [
        '🔎 Dry run: checkout would go back to api 7, worker 11',
        'No, this only looked.',
        '--digest sha256:9d7be40c66f1a2b3c4d5e6f708192a3b',
      ],
    ],
    [
      'a run that was refused before anything was known',
      journal([
        [
          0,
          {
            type: 'run-finished',
            outcome: 'refused',
            durationMs: 3,
            fault: { code: 'plan-missing', message: 'there is no plan', hint: 'Write one.' },
          },
        ],
      ]),
      ['❌ Refused: nothing was changed in the service', 'there is no plan', 'Write one.'],
    ],
  ])(
    'of %s says in its first lines what happened, whether the service is back, and what to do',
    (_what, events, sayings) => {
      const summary = summaryOf(events);
      const firstTable = summary.indexOf('\n| ');
      for (const saying of sayings) {
        expect(summary).toContain(saying);
        expect(summary.indexOf(saying)).toBeLessThan(
          firstTable === -1 ? Number.POSITIVE_INFINITY : firstTable,
        );
      }
    },
  );

  test('has each step with before, after, time and limit, and each phase with its budget', () => {
    const summary = summaryOf(green).replaceAll('\u00a0', ' ');
    expect(summary).toContain('| ✅ | take api back to revision 7 | revision 8 → revision 7 | 22 s | 5 m |');
    expect(summary).toContain('| **application** | in parallel | ⚠️ **23 s** | budget 20 s, est. 40 s |');
  });

  test('has checks before and now', () => {
    expect(summaryOf(green)).toContain('| ✅ | health | fail, `503` | pass, `200` | `status 200` |');
  });

  test('shows the last words of what failed outside of any fold', () => {
    const summary = summaryOf(halted);
    expect(summary.indexOf('Invalid value: field is immutable')).toBeLessThan(summary.indexOf('<details>'));
  });

  test('makes overrides loud', () => {
    expect(summaryOf(refused)).toContain('> [!WARNING]\n> **Overridden by `ada`:** `ignore-pending`');
  });

  test('of a dry run holds the very commands, the difference and the digest', () => {
    const summary = summaryOf(planned);
    expect(summary).toContain(
      '\nhelm rollback checkout 7 --wait --timeout 4m0s --kube-context eu-1 --namespace shop\n',
    );
    expect(summary).toContain('# revision: <known after take api back to revision 7>');
    expect(summary).toContain('```diff\n--- live/Deployment/checkout');
    expect(summary).toContain("**maintenance on**: can't be previewed.");
    expect(summary).toContain(
      '### Digest to approve\n\n```text\nsha256:9d7be40c66f1a2b3c4d5e6f708192a3b\n```',
    );
  });

  test('of a dry run that was refused before it had steps asks nobody to approve anything', () => {
    const early = planned.filter(({ type }) => type !== 'step-planned' && type !== 'phase-started');
    expect(summaryOf(early)).not.toContain('Digest to approve');
    const [whole, refusedEarly] = [planned, early].map((events) =>
      renderTerminal(reportOf(events), { color: false }),
    );
    expect(whole).toMatch(/Would run[\s\S]*Digest to approve/);
    expect(refusedEarly).not.toMatch(/Would run|Digest to approve/);
  });

  test('draws a Gantt chart in which every line is one that Mermaid knows', () => {
    for (const events of [green, poisoned(halted, hostileText)]) {
      const [chart = ''] = codeIn(summaryOf(events), 'mermaid');
      const known = [
        /^%%\{init: \{"gantt": \{"leftPadding": \d+\}\}\}%%$/,
        /^gantt$/,
        /^ {4}(dateFormat|axisFormat) \S[^;#]*$/,
        /^ {4}section [\p{L}\p{N} ._/()…-]+$/u,
        /^ {4}\d+\. [\p{L}\p{N} ._/()…-]* ?:(crit, )?s\d+, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}, \d+ms$/u,
      ];
      expect(chart.split('\n').length).toBeGreaterThan(6);
      expect(chart.split('\n').filter((line) => !known.some((pattern) => pattern.test(line)))).toEqual([]);
    }
  });
});
