// The result is what its schema says, says it with numbers that add up, and the terminal says the same in 100 columns.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { reportOf } from '../../src/report/model.ts';
import { renderResult } from '../../src/report/result.ts';
import { resultSchema } from '../../src/report/result-schema.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { allJournals } from '../../tools/look/all-journals.ts';
import { hostile } from '../../tools/look/hostile-journal.ts';
import { journal } from '../../tools/look/journal-parts.ts';
import { continued, green, halted, interrupted, refused } from '../../tools/look/sample-journals.ts';

describe('the result', () => {
  test.each(Object.entries({ ...allJournals, hostile, nothing: journal([]) }))(
    'of a %s run fits its schema',
    (_name, events) => {
      expect(() =>
        resultSchema.parse(JSON.parse(JSON.stringify(renderResult(reportOf(events))))),
      ).not.toThrow();
    },
  );

  test('has outcome, times and limit of a run that went well', () => {
    expect(renderResult(reportOf(green))).toMatchObject({
      schemaVersion: 1,
      outcome: 'rolled-back',
      green: true,
      reason_code: null,
      incident: 'INC-2041',
      triggered_at: '2026-11-21T10:27:05.120Z',
      completed_at: '2026-11-21T10:27:32.220Z',
      total_duration_seconds: 27.1,
      sla_seconds: 900,
      sla_met: true,
      sla_buffer_seconds: 872.9,
      checks_passed: true,
      attempts: 1,
      changed_anything: true,
    });
  });

  test('says why and where a run halted', () => {
    expect(renderResult(reportOf(halted))).toMatchObject({
      outcome: 'halted',
      reason_code: 'command-failed',
      failed_step: 'application/api',
      sla_met: false,
      checks_passed: false,
    });
  });

  test.each([
    ['green', green],
    ['continued', continued],
    ['interrupted', interrupted],
  ])('has timings that sum up to the total of a %s run', (_name, events) => {
    const result = renderResult(reportOf(events));
    const spent = Object.values(result.phase_timings).reduce((sum, one) => sum + one, 0);
    expect(spent + result.outside_phases_seconds).toBeCloseTo(result.total_duration_seconds, 6);
  });

  test('has from and to of every component', () => {
    expect(
      renderResult(reportOf(green)).components.map(({ component, from, to, already_there }) => [
        component,
        from.id,
        to.id,
        already_there,
      ]),
    ).toEqual([
      ['api', '8', '7', false],
      ['worker', '12', '11', false],
      ['config', 'v14', 'v14', true],
    ]);
  });

  test('calls an operation without an end unknown', () => {
    const [, api] = renderResult(reportOf(interrupted)).steps;
    expect(api).toMatchObject({
      id: 'application/api',
      status: 'unknown',
      commands: [{ attempts: [{ ended: 'unknown', exit_code: null, duration_seconds: null }] }],
    });
  });

  test('has no limit and no verdict on it where none was given', () => {
    const unlimited = green.map((event) =>
      event.type === 'run-started' ? { ...event, recoverWithinMs: undefined } : event,
    );
    expect(renderResult(reportOf(unlimited))).toMatchObject({
      sla_seconds: null,
      sla_met: null,
      sla_buffer_seconds: null,
    });
  });

  test('is neither in time nor late when there was nothing to recover', () => {
    expect(renderResult(reportOf(refused))).toMatchObject({ sla_seconds: 900, sla_met: null });
  });
});

test('docs/result.md names every field of the result, and no other', () => {
  const page = readFileSync(new URL('../../docs/result.md', import.meta.url), 'utf8');
  const named = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(resultSchema.shape).sort());
});

describe('the terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the point
  const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  const withoutCommands = (text: string): readonly string[] =>
    text.split('\n').filter((line) => !line.startsWith('    rollback-plan '));

  test.each(Object.entries({ ...allJournals, hostile }))(
    'shows a %s run in at most 100 columns, commands that are pasted apart',
    (name, events) => {
      const text = renderTerminal(reportOf(events), { color: false });
      if (name !== 'planned')
        expect(withoutCommands(text).filter((line) => [...line].length > 100)).toEqual([]);
      expect(text).not.toMatch(steering);
    },
  );

  test('gives the command to go on with on one line', () => {
    expect(renderTerminal(reportOf(halted), { color: false })).toContain(
      "\n    rollback-plan rollback --target eu --scenario application --severity P0 --to api=7,worker=11,config=v14 --incident INC-2041 --reason 'error rate above 5 % since the 10:20 deploy'\n",
    );
  });

  test.each([
    [
      'green',
      green,
      [
        '✓ checkout is back on api 7, worker 11',
        'Is it back? Yes: 2 of 2 checks passed.',
        'application 23 s of 20 s OVER BUDGET',
      ],
    ],
    [
      'halted',
      halted,
      [
        '✗ Halted: checkout is part-way back',
        'field is immutable',
        'Record not published: the token may not write',
      ],
    ],
    [
      'refused',
      refused,
      ['✗ Refused: nothing was changed in checkout', '! overridden by ada: ignore-pending'],
    ],
    ['interrupted', interrupted, ['1 step is unknown', '? take api back to revision 7 revision 8 → ?']],
  ])('says of a %s run what the summary says', (_name, events, sayings) => {
    const text = renderTerminal(reportOf(events), { color: false }).replaceAll(/ +/g, ' ');
    for (const saying of sayings) expect(text).toContain(saying);
  });

  test('colours only when asked to, and says the same', () => {
    const [plain, coloured] = [false, true].map((color) => renderTerminal(reportOf(halted), { color }));
    expect(coloured).toContain('\u001b[31m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
  });

  test('breaks words that are longer than a line, and counts wide signs as two', () => {
    const wide = green.map((event) =>
      event.type === 'run-started' ? { ...event, reason: '障害'.repeat(200) } : event,
    );
    const lines = withoutCommands(renderTerminal(reportOf(wide), { color: false })).filter((line) =>
      line.includes('障害'),
    );
    expect(lines.length).toBeGreaterThan(7);
    expect(lines.filter((line) => line.replaceAll(/[障害]/g, 'xx').length > 100)).toEqual([]);
  });
});
