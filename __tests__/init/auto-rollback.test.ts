// The `auto_rollback` file: the documented one is read, and every wrong one is told with its place and what to do.

import { describe, expect, test } from '@jest/globals';
import { readAutoRollback } from '../../src/init/auto-rollback-findings.ts';
import { documented, documentedContent } from './auto-rollback-file.ts';

type Change = (text: string) => string;
const replace =
  (from: string, to: string): Change =>
  (text) => {
    if (!text.includes(from)) throw new Error(`the documented file has no ${from}`);
    return text.replace(from, to);
  };
const first = '"duration_seconds": 120, "comparison": "greater_than"';

test('the documented file is read as it stands', () => {
  expect({ auto_rollback: documentedContent() }).toEqual(JSON.parse(documented));
});

test('what may be left out is as the script took it: nobody confirms, nothing is checked', () => {
  const trigger = { metric: 'queue_length', threshold: 5, duration_seconds: 60, comparison: 'less_than' };
  expect(
    readAutoRollback(JSON.stringify({ auto_rollback: { enabled: false, triggers: [trigger] } })),
  ).toEqual({
    type: 'read',
    content: {
      enabled: false,
      triggers: [trigger],
      notification_channels: [],
      require_manual_confirmation: false,
      safety_checks: {
        verify_backup_exists: false,
        verify_previous_version_healthy: false,
        verify_rollback_tested: false,
      },
    },
  });
});

describe('each mistake is one finding:', () => {
  const trigger0 = 'auto_rollback.triggers[0]';
  const cases: readonly [
    what: string,
    change: Change,
    finding: { readonly path: string; readonly what: string; readonly hint: string },
  ][] = [
    [
      'no JSON',
      (text) => text.replace('{', ''),
      { path: 'the file', what: 'it is no JSON', hint: 'see where with: jq . FILE' },
    ],
    [
      'another JSON',
      () => '[]',
      {
        path: 'the file',
        what: 'expected a map, found a list',
        hint: 'write `{ "auto_rollback": { … } }`',
      },
    ],
    [
      'another file',
      () => '{}',
      {
        path: 'auto_rollback',
        what: 'it is missing',
        hint: 'add `"auto_rollback"`: a map, `{ "enabled": true, "triggers": [ … ] }`',
      },
    ],
    [
      'an unknown key beside it',
      replace('{', '{ "auto_rolback": 1,'),
      { path: 'auto_rolback', what: 'unknown key', hint: 'did you mean `auto_rollback`?' },
    ],
    [
      'an unknown key in it',
      replace('"enabled"', '"enable": true, "enabled"'),
      { path: 'auto_rollback.enable', what: 'unknown key', hint: 'did you mean `enabled`?' },
    ],
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
      'an unknown safety check',
      replace('"verify_rollback_tested"', '"verify_rollback_test": true, "verify_rollback_tested"'),
      {
        path: 'auto_rollback.safety_checks.verify_rollback_test',
        what: 'unknown key',
        hint: 'did you mean `verify_rollback_tested`?',
      },
    ],
    [
      'a key that stands twice, of which JSON takes the last',
      replace('"threshold": 0.01', '"threshold": 0.01, "threshold": 0.5'),
      {
        path: 'line 7, column 53',
        what: 'the key `threshold` is already in line 7',
        hint: 'keep one of the two',
      },
    ],
    [
      'nothing that says whether it is on',
      replace('"enabled": true,', ''),
      { path: 'auto_rollback.enabled', what: 'it is missing', hint: 'add `"enabled"`: `true` or `false`' },
    ],
    [
      'a text for a boolean',
      replace('"enabled": true', '"enabled": "true"'),
      {
        path: 'auto_rollback.enabled',
        what: 'expected `true` or `false`, found "true"',
        hint: 'write `true` or `false`',
      },
    ],
    [
      'no trigger',
      () => '{ "auto_rollback": { "enabled": true, "triggers": [] } }',
      {
        path: 'auto_rollback.triggers',
        what: 'expected one trigger or more',
        hint: 'write a list, such as `[{ "metric": "error_rate", "threshold": 0.01, "duration_seconds": 120, "comparison": "greater_than" }]`',
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
    ).map(([seconds, what]): (typeof cases)[number] => [
      `a time of ${seconds}`,
      replace('120', seconds),
      { path: `${trigger0}.duration_seconds`, what, hint: 'write whole seconds, such as `120`' },
    ]),
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
    [
      'a script on two lines',
      replace('./scripts/', './scripts/\\n'),
      {
        path: 'auto_rollback.rollback_script',
        what: 'expected one line of text; found "./scripts/\\nrollback-api-v2.1.sh"',
        hint: 'write a path, such as `"./scripts/rollback.sh"`',
      },
    ],
    [
      'one channel that is no list',
      replace('["slack", "pagerduty", "email"]', '"slack"'),
      {
        path: 'auto_rollback.notification_channels',
        what: 'expected a list, found "slack"',
        hint: 'write a list of names, such as `["slack"]`',
      },
    ],
    [
      'a channel that is no text',
      replace('"pagerduty"', '7'),
      {
        path: 'auto_rollback.notification_channels[1]',
        what: 'expected a text, found 7',
        hint: 'write an item as the others',
      },
    ],
    [
      'a timeout beyond what a run may take',
      replace('900', '21601'),
      {
        path: 'auto_rollback.rollback_timeout_seconds',
        what: 'expected at most 21600: a run takes at most 6 h',
        hint: 'write whole seconds, such as `900`',
      },
    ],
  ];

  test.each(cases)('%s', (_what, change, finding) => {
    expect(readAutoRollback(change(documented))).toEqual({ type: 'wrong', findings: [finding] });
  });

  test('and all of them are told at once', () => {
    const text = replace('0.01', '7')(replace('"enabled": true', '"enabled": 1')(documented));
    const read = readAutoRollback(text.replace('"consecutive": true, ', ''));
    expect(read.type === 'wrong' && read.findings.map(({ path }) => path)).toEqual([
      'auto_rollback.enabled',
      'auto_rollback.triggers[0].threshold',
      'auto_rollback.triggers[3]',
    ]);
  });
});
