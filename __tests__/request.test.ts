// Inputs from outside: each one that makes no sense is refused by name, before anything is read.

import { describe, expect, test } from '@jest/globals';
import { collectInputs, defaultInput, type InputName } from '../src/action-io.ts';
import { type Request, readRequest } from '../src/request.ts';

function request(given: Partial<Record<InputName, string>>): Request {
  const caller = { actor: 'me', run: undefined, tool: 'test', commit: undefined };
  return readRequest(
    collectInputs((name) => given[name] ?? defaultInput(name)),
    caller,
    () => 'INC-1',
  );
}

describe('readRequest', () => {
  test('defaults validate the default plan and change nothing', () => {
    expect(request({})).toMatchObject({
      mode: 'validate',
      plan: '.github/rollback.yml',
      to: 'last-good',
      dryRun: false,
      incident: 'INC-1',
      overrides: [],
    });
  });

  test('a deploy is watched for five minutes unless the window says otherwise', () => {
    expect([
      request({ mode: 'verify' }).windowMs,
      request({ mode: 'verify', window: '90s' }).windowMs,
    ]).toEqual([300_000, 90_000]);
  });

  test('an alert that may not be acted on is red at once, unless a window says otherwise', () => {
    expect([request({ mode: 'alert' }).windowMs, request({ mode: 'alert', window: '90s' }).windowMs]).toEqual(
      [0, 90_000],
    );
    expect(() => request({ mode: 'alert', window: '30m' })).toThrow('input window is not usable');
  });

  test.each(['main', 'release/1.x', 'v1.2.3', 'feature/a_b-c+d', '08c6903cd8c0fde910a37f88322edcfb5dd907a8'])(
    'plan-ref %s is a ref',
    (ref) => {
      expect(request({ 'plan-ref': ref }).planRef).toBe(ref);
    },
  );

  test('inputs are a YAML map, overrides a list, timeouts durations', () => {
    const read = request({
      inputs: 'restore-point: "2026-11-21T10:00:00Z"\ncount: 3',
      override: 'rerun, ignore-pending',
      timeout: '1m30s',
    });
    expect(read).toMatchObject({
      inputs: { 'restore-point': '2026-11-21T10:00:00Z', count: 3 },
      overrides: ['rerun', 'ignore-pending'],
      timeoutMs: 90_000,
    });
  });

  test.each<[string, Partial<Record<InputName, string>>, string, string]>([
    ['a mistyped mode', { mode: 'rolback' }, 'input-invalid', 'Did you mean rollback?'],
    [
      'a mode that is not there yet',
      { mode: 'matrix' },
      'mode-not-available',
      'validate, preflight, rollback',
    ],
    ['a boolean that is none', { 'dry-run': 'yes' }, 'input-invalid', 'Write true or false.'],
    ['a timeout without a unit', { timeout: '30' }, 'input-invalid', 'such as 30m'],
    ['a timeout past the job limit', { timeout: '7h' }, 'input-invalid', 'at most 6h'],
    ['an incident id that walks up', { incident: '../../etc' }, 'input-invalid', 'letters, digits'],
    ['an incident id with dots inside', { incident: 'a..b' }, 'input-invalid', 'letters, digits'],
    ['an incident id beginning with a dash', { incident: '-x' }, 'input-invalid', 'letters, digits'],
    ['inputs that are a list', { inputs: '- a' }, 'input-invalid', 'YAML map'],
    ['inputs that are no YAML', { inputs: 'a: [' }, 'input-invalid', 'YAML map'],
    ['an override that does not exist', { override: 'force' }, 'override-unknown', 'ignore-pending'],
    ['a reason as long as a book', { reason: 'x'.repeat(3_000) }, 'input-invalid', 'under 2000'],
    [
      'a digest where nothing was approved',
      { mode: 'verify', digest: 'sha256:00' },
      'input-invalid',
      'takes none',
    ],
    [
      'what was deployed where no deploy is looked at',
      { mode: 'rollback', deployed: 'api=7' },
      'input-invalid',
      'mode rollback takes none',
    ],
    [
      'what a person saw where nobody presses',
      { mode: 'verify', trigger: 'security' },
      'input-invalid',
      'mode verify takes none',
    ],
    ['a report of no incident', { mode: 'report' }, 'input-invalid', 'Say which one'],
    ['a window without a unit', { window: '5' }, 'input-invalid', 'such as 5m'],
    [
      'a window longer than the run may take',
      { mode: 'verify', window: '30m' },
      'input-invalid',
      'shorter window',
    ],
    ['a ref that git would take for an option', { 'plan-ref': '--help' }, 'input-invalid', 'such as main'],
    ['a ref that is a range', { 'plan-ref': 'a..b' }, 'input-invalid', 'such as main'],
    ['a ref that is an expression', { 'plan-ref': 'main@{1}' }, 'input-invalid', 'such as main'],
    ['a way to publish that does not exist', { publish: 'email' }, 'input-invalid', 'commit, none'],
    ['an empty plan', { plan: ' ' }, 'input-invalid', 'path of the plan'],
  ])('%s is refused', (_, given, code, hint) => {
    let thrown: unknown;
    try {
      request(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });
});
