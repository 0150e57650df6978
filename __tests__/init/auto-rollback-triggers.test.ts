// Triggers of an `auto_rollback` file that are wrong: each is told with its place and what to do.

import { describe, expect, test } from '@jest/globals';
import { readAutoRollback } from '../../src/init/auto-rollback-findings.ts';
import { documented, type Mistake, replace } from './auto-rollback-file.ts';

const first = '"duration_seconds": 120, "comparison": "greater_than"';
const trigger0 = 'auto_rollback.triggers[0]';

describe('each mistake is one finding:', () => {
  const cases: readonly Mistake[] = [
    [
      'an unknown key of a trigger',
      replace(first, `${first}, "windows": 3`),
      {
        path: `${trigger0}.windows`,
        what: 'unknown key',
        hint: 'known here: `metric`, `threshold`, `duration_seconds`, `consecutive`, `comparison`',
      },
    ],
    [
      'a metric that is no name',
      replace('"error_rate"', '"error rate"'),
      {
        path: `${trigger0}.metric`,
        what: 'expected a name of small letters, digits and `_`, such as `error_rate`; found "error rate"',
        hint: 'write a name, such as `"error_rate"`',
      },
    ],
    [
      'a trigger without a threshold',
      replace('"threshold": 0.01,', ''),
      {
        path: `${trigger0}.threshold`,
        what: 'it is missing',
        hint: 'add `"threshold"`: a number, such as `0.01`',
      },
    ],
    [
      'a threshold as a text',
      replace('"threshold": 0.01', '"threshold": "1%"'),
      {
        path: `${trigger0}.threshold`,
        what: 'expected a number, found "1%"',
        hint: 'write a number, such as `0.01`',
      },
    ],
    [
      'a threshold below zero',
      replace('"threshold": 500', '"threshold": -1'),
      {
        path: 'auto_rollback.triggers[1].threshold',
        what: 'expected 0 or more',
        hint: 'write a number, such as `0.01`',
      },
    ],
    [
      'a rate in percent',
      replace('"threshold": 0.01', '"threshold": 5'),
      {
        path: `${trigger0}.threshold`,
        what: 'a rate is a share from 0 to 1, found 5',
        hint: 'if 5 % is meant, write 0.05',
      },
    ],
    [
      'a rate just over 1',
      replace('"threshold": 0.05', '"threshold": 1.01'),
      {
        path: 'auto_rollback.triggers[2].threshold',
        what: 'a rate is a share from 0 to 1, found 1.01',
        hint: 'if 1.01 % is meant, write 0.0101',
      },
    ],
    [
      'neither a time nor a count',
      replace('"duration_seconds": 120, ', ''),
      {
        path: trigger0,
        what: 'has neither `duration_seconds` nor `consecutive`, so one bad sample would roll back',
        hint: 'keep `consecutive: true` for health_check_failures, and `duration_seconds` for everything else',
      },
    ],
    [
      'a time and a count',
      replace('"consecutive": true', '"consecutive": true, "duration_seconds": 60'),
      {
        path: 'auto_rollback.triggers[3]',
        what: 'has both `duration_seconds` and `consecutive`',
        hint: 'keep `consecutive: true` for health_check_failures, and `duration_seconds` for everything else',
      },
    ],
    [
      'a count that is none',
      replace('"consecutive": true', '"consecutive": false'),
      {
        path: 'auto_rollback.triggers[3].consecutive',
        what: 'expected `true`, found false',
        hint: 'delete it, and give `duration_seconds`',
      },
    ],
    [
      'a rate that is counted in a row',
      replace('"duration_seconds": 120', '"consecutive": true'),
      {
        path: `${trigger0}.consecutive`,
        what: 'error_rate is measured, and not counted in a row',
        hint: 'replace it by `duration_seconds`: how long it has to be bad',
      },
    ],
    [
      'failures in a row with a time',
      replace('"consecutive": true', '"duration_seconds": 60'),
      {
        path: 'auto_rollback.triggers[3].duration_seconds',
        what: 'health_check_failures counts failures in a row, and no time',
        hint: 'replace it by `"consecutive": true`',
      },
    ],
    [
      'half a failure',
      replace('"threshold": 3', '"threshold": 2.5'),
      {
        path: 'auto_rollback.triggers[3].threshold',
        what: 'expected a whole number from 1 to 1000, found 2.5',
        hint: 'write how many failures in a row are too many',
      },
    ],
    [
      'too few failures',
      (text) =>
        replace(
          '"consecutive": true, "comparison": "greater_than"',
          '"consecutive": true, "comparison": "less_than"',
        )(text),
      {
        path: 'auto_rollback.triggers[3].comparison',
        what: 'few failures are no reason to roll back',
        hint: 'write `greater_than`',
      },
    ],
    ...(
      [
        ['0', 'expected 1 or more'],
        ['29971', 'expected at most 29970: a thousand looks, 30 s apart'],
        ['1.5', 'expected a whole number, found 1.5'],
        ['"2m"', 'expected a number, found "2m"'],
      ] as const
    ).map(
      ([seconds, what]): Mistake => [
        `a time of ${seconds}`,
        replace('120', seconds),
        { path: `${trigger0}.duration_seconds`, what, hint: 'write whole seconds, such as `120`' },
      ],
    ),
    [
      'a comparison that is almost one',
      replace('"greater_than"', '"greater_then"'),
      {
        path: `${trigger0}.comparison`,
        what: 'expected `greater_than`, `greater_than_or_equal`, `less_than` or `less_than_or_equal`, found "greater_then"',
        hint: 'did you mean `greater_than`?',
      },
    ],
    [
      'a comparison that is none',
      replace('"greater_than"', '"equals"'),
      {
        path: `${trigger0}.comparison`,
        what: 'expected `greater_than`, `greater_than_or_equal`, `less_than` or `less_than_or_equal`, found "equals"',
        hint: 'known here: `greater_than`, `greater_than_or_equal`, `less_than`, `less_than_or_equal`',
      },
    ],
  ];

  test.each(cases)('%s', (_what, change, finding) => {
    expect(readAutoRollback(change(documented))).toEqual({ type: 'wrong', findings: [finding] });
  });
});
