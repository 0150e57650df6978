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
    ['a mode that is not there yet', { mode: 'drill' }, 'mode-not-available', 'validate, rollback'],
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
      'a part of the contract that is not there yet',
      { 'plan-ref': 'main' },
      'input-not-available',
      'CHANGELOG',
    ],
    [
      'pull requests, which are not there yet',
      { publish: 'pull-request' },
      'input-not-available',
      'CHANGELOG',
    ],
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
