// The `auto_rollback` file: the documented one is read, and every wrong one is told with its place and what to do.

import { describe, expect, test } from '@jest/globals';
import { readAutoRollback } from '../../src/init/auto-rollback-findings.ts';
import { documented, documentedContent, type Mistake, replace } from './auto-rollback-file.ts';

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
  const cases: readonly Mistake[] = [
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
