// What `init` says of an `auto_rollback` file: every setting of it is named, whatever became of it.

import { expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli.ts';
import type { AutoRollback } from '../../src/init/auto-rollback.ts';
import { rulesOf } from '../../src/init/auto-rollback-rules.ts';
import { tellRules } from '../../src/init/auto-rollback-told.ts';
import { documentedContent } from './auto-rollback-file.ts';

const told = (content: AutoRollback, metricsUrl?: string): string =>
  tellRules(rulesOf(content, { file: 'auto-rollback.json', metricsUrl })).join('\n');

test.each([undefined, 'http://metrics-api'])('with the metrics API %s nothing is silently dropped', (url) => {
  const content = documentedContent();
  const text = told(content, url);
  const named = [
    'operation_id',
    'permit_id',
    ...content.triggers.map(({ metric }) => metric),
    'rollback_script ./scripts/rollback-api-v2.1.sh',
    ...content.notification_channels,
    'rollback_timeout_seconds 900',
    ...Object.keys(content.safety_checks),
    'enabled',
  ];
  expect(named.filter((word) => !text.includes(word))).toEqual([]);
});

test('a file with everything, line by line', () => {
  expect(told(documentedContent(), 'http://metrics-api')).toBe(
    [
      'Taken over from auto-rollback.json:',
      '  error_rate greater_than 0.01 (a ratio: 1 %) for 120 s: trigger error_rate, 5 failing looks in a row, 30s apart, of http://metrics-api/error_rate',
      '  latency_p99 greater_than 500 (ms) for 300 s: trigger latency_p99, 11 failing looks in a row, 30s apart, of http://metrics-api/latency_p99',
      '  auth_failure_rate greater_than 0.05 (a ratio: 5 %) for 60 s: trigger auth_failure_rate, 3 failing looks in a row, 30s apart, of http://metrics-api/auth_failure_rate',
      '  enabled: severity auto-rollback with action: rollback',
      '  rollback_timeout_seconds 900: recover-within: 15m',
      '  verify_previous_version_healthy: to: last-good, and the gate that asks for images',
      'Left to you, as comments in the plan:',
      '  health_check_failures greater_than 3, consecutive: say what is asked, and switch trigger health_check_failures on',
      '  health_check_failures: 3 failing looks in a row call; read to the letter, greater_than 3 is one more',
      '  a metrics API that does not answer counts as failing: compare the queries for Prometheus',
      '  what ends a run: timeout: 20m in the workflow',
      '  verify_backup_exists: name the file below backups',
      '  verify_rollback_tested: drill.every, and a heartbeat that looks: --callers drill,heartbeat',
      '  rollback_script ./scripts/rollback-api-v2.1.sh: read it; it is not run',
      '  notification_channels slack, pagerduty, email: a step of your workflow',
      'Not taken over:',
      '  operation_id op-12345: every run has an incident of its own',
      '  permit_id permit-xyz789: it is of one deploy, and a plan is of all',
    ].join('\n'),
  );
});

test('what is switched off is told, too', () => {
  const off = {
    verify_backup_exists: false,
    verify_previous_version_healthy: false,
    verify_rollback_tested: false,
  };
  const text = told({
    ...documentedContent(),
    enabled: false,
    require_manual_confirmation: true,
    safety_checks: off,
  });
  expect(text).toContain('  enabled: false: severity auto-rollback with action: monitor\n');
  expect(text).toContain('  require_manual_confirmation: with enabled: false there is nothing to confirm\n');
  for (const name of Object.keys(off))
    expect(text).toContain(`  ${name}: false, so there is nothing to check`);
});

test.each([
  [['--auto-rollback', './ops/auto.json', '--metrics-url', 'http://metrics-api/v1/'], 'ops/auto.json'],
  [['--auto-rollback', 'auto.json'], 'auto.json'],
])('%j is understood', (args, autoRollback) => {
  const metricsUrl = args.includes('--metrics-url') ? 'http://metrics-api/v1' : undefined;
  expect(readCommandLine(['init', ...args], '1.0.0', {})).toMatchObject({
    options: { autoRollback, metricsUrl },
  });
});

test.each([
  [
    ['--metrics-url', 'http://metrics-api'],
    'It says where the numbers of --auto-rollback FILE are; give both.',
  ],
  [['--auto-rollback', '/etc/auto.json'], 'a path is relative to the repository, not absolute. Give a file'],
  [['--auto-rollback', 'ops/'], 'it is a folder. Give a file'],
  ...['metrics-api', 'ftp://x', 'http://a:b@x', 'http://x?q=', 'http://x/${{a}}'].map(
    (url) => [['--auto-rollback', 'a.json', '--metrics-url', url], 'Give a URL without password'] as const,
  ),
] as const)('%j is not', (args, hint) => {
  let thrown: unknown;
  try {
    readCommandLine(['init', ...args], '1.0.0', {});
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'usage', hint: expect.stringContaining(hint) });
});
