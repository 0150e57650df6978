// Summary and incident record: what they say first, what they never leave out, and that hostile text stays text in them.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunEvent } from '../../src/engine/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { hostileText, poison } from '../../tools/look/hostile-journal.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import {
  continued,
  green,
  halted,
  interrupted,
  journals,
  refused,
} from '../../tools/look/sample-journals.ts';
import { parse } from './front-matter.ts';
import { alive, codeIn, shapeOf } from './rendered.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));
const incidentOf = (events: readonly RunEvent[]): string => renderIncident(reportOf(events));
const bodyOf = (markdown: string): string =>
  markdown
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replaceAll('- [ ]', '-')
    .replace(peopleMarker, '');

/** The journal with a text wherever somebody else may have written one. */
function poisoned(events: readonly RunEvent[], text: string): readonly RunEvent[] {
  return journal(events.map(({ seq: _seq, at: _at, elapsedMs, ...body }) => [elapsedMs, poison(body, text)]));
}

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
      expect(summary).toMatch(/^## (❌ Halted|🔎 Dry run)/);
      expect(summary).toMatch(/\*\*(Is the service back|Was anything changed)\?\*\*/);
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

describe('the incident record', () => {
  test('is the same text for the same events', () => {
    expect(incidentOf(halted)).toBe(incidentOf([...halted]));
  });

  test('has front matter that YAML reads back to what happened', () => {
    expect(parse(incidentOf(halted))).toMatchObject({
      record: 'rollback-plan/incident/v1',
      incident: 'INC-2041',
      outcome: 'halted',
      reason_code: 'command-failed',
      changed: true,
      triggered_at: '2026-11-21T10:27:05.120Z',
      completed_at: '2026-11-21T10:27:31.220Z',
      duration_seconds: 26.1,
      sla_seconds: 900,
      sla_met: false,
      components: [
        { component: 'api', from: '8', to: '7' },
        { component: 'worker', from: '12', to: '11' },
        { component: 'config', from: 'v14', to: 'v14' },
      ],
      run_key: '19522.1',
    });
  });

  test('has front matter that YAML reads back whatever the text is', () => {
    const text = `${hostileText}\n---\noutcome: "rolled-back"\n`;
    const front = parse(incidentOf(poisoned(halted, text)));
    expect(front).toMatchObject({ outcome: 'halted', incident: 'INC-2041' });
    expect(String(Reflect.get(Object(front), 'actor'))).toContain('outcome: "rolled-back"');
  });

  test.each([
    ['when', '| **Started** | 2026-11-21 10:27:05 UTC |'],
    ['how severe', '| **Severity** | P0 |'],
    ['how long, against what was allowed', '| **Duration** | 26 s of 15 m, ⚠️ **not recovered** |'],
    ['who', '| **Pressed by** | `ada` |'],
    ['why', '**Why it was pressed.** error rate above 5 % since the 10:20 deploy'],
    ['from what to what', '| **Went** | api 8 → 7, worker 12 → 11, config stays at v14 |'],
    ['the plan and its commit', '`4f2a9c07b1de55aa0c1b2d3e4f5061728394a5b6`'],
    ['the digest', 'sha256:9d7be40c66f1a2b3c4d5e6f708192a3b'],
    ['where it ran', 'https://github.com/acme/checkout/actions/runs/19522'],
    [
      'a timeline in UTC',
      '| 10:27:14 | ✅ | take worker back to revision 11: done in 7.4 s (revision 12 → revision 11) |',
    ],
    ['what users saw before and now', '| ❌ | health | fail, `503` | fail, `503` |'],
    [
      'the commands and their exit codes',
      '$ helm rollback checkout 7 --wait --timeout 4m0s --kube-context eu-1 --namespace shop',
    ],
    ['how they ended', '[failed, exit 1, 18 s]'],
    ['impact for people to fill in', '| Users affected | **TODO** |'],
    ['requests failed', '| Requests failed | **TODO** |'],
    ['data lost', '| Data lost | **TODO** |'],
    ['a root cause left to people', '## Root cause\n\n**TODO**: written by people'],
    ['a resolution', '## Resolution\n\nRolled back to api 7, worker 11. Lasting fix: **TODO**'],
    ['lessons', '## Lessons'],
    ['follow-ups as boxes to tick', '- [ ] Postmortem held'],
    ['a staging check', '- [ ] Fix proven in staging (what was bad: api 8, worker 12)'],
    ['a redeploy plan', '- [ ] Redeploy planned'],
    ['the phase that was late', 'Phase application went over its budget of 20 s.'],
  ])('tells %s', (_what, text) => {
    expect(incidentOf(halted).replaceAll('\u00a0', ' ')).toContain(text);
  });

  test('tells every run of the incident, in one timeline', () => {
    const record = incidentOf(continued);
    expect(record).toContain(
      '| 2026-11-21T10:27:05.120Z | [run 19522.1](https://github.com/acme/checkout/actions/runs/19522) | ada | ❌ interrupted |',
    );
    expect(record).toContain('| **Pressed by** | `ada`, then `grace` |');
    expect(record.indexOf('the journal of this run ends here')).toBeLessThan(
      record.indexOf('grace started rollback'),
    );
  });

  test('has one line that parts it, even when a log quotes that line', () => {
    const quoting = halted.map((event) =>
      event.type === 'done' ? { ...event, stderr: `x\n${peopleMarker}\ny` } : event,
    );
    expect(incidentOf(quoting).split(peopleMarker)).toHaveLength(2);
  });

  test('stays readable with 50 MB of logs', () => {
    const loud = halted.map((event) =>
      event.type === 'done' ? { ...event, stdout: 'x\n'.repeat(8_000_000) } : event,
    );
    expect(Buffer.byteLength(incidentOf(loud))).toBeLessThan(300_000);
  });
});

describe('hostile text in every field', () => {
  const drawings = {
    summary: summaryOf,
    incident: (events: readonly RunEvent[]) => bodyOf(incidentOf(events)),
  };

  describe.each(Object.entries(drawings))('of the %s', (_name, draw) => {
    test.each(Object.entries(journals))('comes to nothing in a %s run', (_kind, events) => {
      expect(alive(draw(poisoned(events, hostileText)))).toEqual([]);
    });

    test.each(Object.entries(journals))('leaves the blocks of a %s run as they are', (_kind, events) => {
      expect(shapeOf(draw(poisoned(events, hostileText)))).toEqual(
        shapeOf(draw(poisoned(events, 'harmless'))),
      );
    });

    test('whatever it is', () => {
      const nasty = fc.array(
        fc.oneof(
          fc.constantFrom(
            ...'|`*_~[]()<>#@!\\$&-+=:.1 \n',
            '```',
            '~~~',
            '\n\n',
            '</details>',
            '<!--',
            '> [!NOTE]',
            '| - |',
          ),
          fc.string({ unit: 'binary', maxLength: 8 }),
        ),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(nasty, fc.constantFrom('halted' as const, 'planned' as const), (pieces, kind) => {
          const events = journals[kind];
          const drawn = draw(poisoned(events, `x${pieces.join('')}x`));
          expect(shapeOf(drawn)).toEqual(shapeOf(draw(poisoned(events, 'harmless'))));
          expect(alive(drawn)).toEqual([]);
        }),
        { numRuns: 60 },
      );
    }, 60_000);
  });
});
