// The `command` check with real programs: its answers on both sides of every limit.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeCommand } from '../../src/checks/command/judge.ts';
import { command } from '../../src/checks/command.ts';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { stepKinds } from '../../src/steps/registry.ts';
import type { Json } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollback-plan-command-'));
let world: TestWorld;
beforeAll(async () => {
  world = await createTestWorld({ directory: folder, home: folder });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const measure = (settings: Json): ReturnType<typeof command.measure> =>
  command.measure(world.context(), command.schema.parse(settings));

describe('a command', () => {
  const cases: readonly {
    name: string;
    with: Record<string, Json>;
    state: string;
    evidence: RegExp;
    value?: Json;
  }[] = [
    {
      name: 'that ends with 0 passes',
      with: { command: ['true'] },
      state: 'pass',
      evidence: /^`true` ended with exit code 0 after \d+ ms$/,
      value: { 'exit-code': 0 },
    },
    {
      name: 'that ends with another code fails, and its last words are told',
      with: { run: 'echo checking\necho "orders: 3 rows differ" >&2\nexit 3' },
      state: 'fail',
      evidence: /^`echo checking` ended with exit code 3 .*expected 0, found 3: orders: 3 rows differ$/,
    },
    {
      name: 'may be expected to end with another code',
      with: { run: 'exit 3', expect: { 'exit-code': [0, 3] } },
      state: 'pass',
      evidence: /exit code 3/,
    },
    {
      name: 'can say that it has no data',
      with: { run: 'exit 3', 'no-data-exit-code': 3 },
      state: 'inconclusive',
      evidence: /says that it has no data/,
    },
    {
      name: 'that says so with another code than the one agreed on fails',
      with: { run: 'exit 4', 'no-data-exit-code': [2, 3] },
      state: 'fail',
      evidence: /found 4/,
    },
    {
      name: 'that is not there is an error',
      with: { command: ['rollback-plan-no-such-program'] },
      state: 'error',
      evidence: /could not be started/,
    },
    {
      name: 'that a shell does not find is an error',
      with: { run: 'rollback-plan-no-such-program' },
      state: 'error',
      evidence: /exit code 127 .* could not be run/,
    },
    {
      name: 'that is not done in time is an error',
      with: { command: ['sleep', '20'], timeout: '200ms' },
      state: 'error',
      evidence: /was not done after 200 ms/,
    },
    {
      name: 'that is killed is an error',
      with: { run: 'kill -KILL $$' },
      state: 'error',
      evidence: /was killed by SIGKILL/,
    },
    {
      name: 'fails inside a pipe, too',
      with: { run: 'false | cat' },
      state: 'fail',
      evidence: /found 1/,
    },
    {
      name: 'gets values through its environment as they are, and may print what is expected',
      with: { run: 'printf "%s" "$WHO"', env: { WHO: "it's $(id)" }, expect: { stdout: "it's $(id)" } },
      state: 'pass',
      evidence: /exit code 0/,
    },
    {
      name: 'that prints something else fails',
      with: { command: ['echo', 'sick'], expect: { stdout: '~ ready' } },
      state: 'fail',
      evidence: /stdout: expected ~ ready, found "sick"$/,
    },
    {
      name: 'that prints nothing gives no data',
      with: { command: ['true'], expect: { stdout: '!~ error' } },
      state: 'inconclusive',
      evidence: /printed nothing/,
    },
    {
      name: 'may print JSON behind lines of npm',
      with: { run: 'echo "> verify"\necho \'{"checked":12,"failed":0}\'', expect: { json: { failed: 0 } } },
      state: 'pass',
      evidence: /exit code 0/,
      value: { 'exit-code': 0, json: { checked: 12, failed: 0 } },
    },
    {
      name: 'with one failure in its JSON fails',
      with: { run: 'echo \'{"failed":1}\'', expect: { json: { failed: '<= 0' } } },
      state: 'fail',
      evidence: /json: failed: expected <= 0, found 1$/,
    },
    {
      name: 'that prints no JSON where it is expected is an error',
      with: { command: ['echo', 'ok'], expect: { json: { failed: 0 } } },
      state: 'error',
      evidence: /is JSON$/,
    },
    {
      name: 'that fails and prints healthy JSON fails',
      with: { run: 'echo \'{"failed":0}\'; exit 1', expect: { json: { failed: 0 } } },
      state: 'fail',
      evidence: /exit code: expected 0, found 1/,
    },
    {
      name: 'that prints more than is judged is an error',
      with: { run: 'head -c 70000 /dev/zero | tr "\\0" a', expect: { stdout: '!~ error' } },
      state: 'error',
      evidence: /more than 64 KiB/,
    },
  ];
  test.each(cases)('$name', async (each) => {
    const { state, evidence, value } = await measure(each.with);
    expect({ state, evidence }).toEqual({
      state: each.state,
      evidence: expect.stringMatching(each.evidence),
    });
    if (each.value !== undefined) expect(value).toEqual(each.value);
  });

  test('is drawn by the one number that is expected of it', () => {
    const end = { ran: true, exitCode: 0, stdout: '{"ratio":0.97}', stderr: '', whole: true } as const;
    const expectation = { 'exit-code': 0, json: { ratio: '>= 0.95' } };
    expect(judgeCommand('x', end, { expect: expectation }, '1 ms')).toMatchObject({
      state: 'pass',
      plot: { value: 0.97, limit: 0.95, unit: 'count' },
    });
  });
});

describe('settings', () => {
  const cases: readonly { name: string; with: Record<string, Json>; path: string }[] = [
    { name: 'want a command', with: {}, path: '' },
    { name: 'want one', with: { run: 'true', command: ['true'] }, path: '' },
    { name: 'want a program that is no option', with: { command: ['-c'] }, path: 'command' },
    { name: 'want a script that is no option', with: { run: '-c id' }, path: 'run' },
    {
      name: 'leave the shell its variables',
      with: { run: 'true', env: { BASH_ENV: 'x' } },
      path: 'env.BASH_ENV',
    },
    { name: 'give a program no shell', with: { command: ['true'], shell: 'sh' }, path: 'shell' },
    {
      name: 'know no port-forward',
      with: { command: ['true'], via: { 'port-forward': 'pod/a' } },
      path: 'via.exec',
    },
    { name: 'end within ten minutes', with: { command: ['true'], timeout: '11m' }, path: 'timeout' },
  ];
  test.each(cases)('$name', (each) => {
    const issues = command.schema.safeParse(each.with).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toContain(each.path);
  });
});

describe('an expression', () => {
  const kinds = { components: componentKinds, steps: stepKinds, checks: checkKinds };
  const rulesIn = (settings: string): readonly string[] =>
    parsePlan(
      [
        'version: 1',
        'service: shop',
        'components: { api: { uses: helm-release, with: { release: api } } }',
        `verify: [{ uses: command, with: { ${settings} } }]`,
        '',
      ].join('\n'),
      'rollback.yml',
      kinds,
    ).findings.map(({ rule }) => rule);

  test('inside the script is refused, because its value would be a command', () => {
    expect(rulesIn('run: "echo ${{ incident.reason }}"')).toContain('expression-in-run');
  });
  test('is for the environment', () => {
    expect(rulesIn('run: echo "$WHY", env: { WHY: "${{ incident.reason }}" }')).toEqual([]);
  });
});
