// The `command` check with real programs: its answers on both sides of every limit.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Before } from '../../src/checks/check-kind.ts';
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

const measure = (settings: Json, before?: Before): ReturnType<typeof command.measure> =>
  command.measure(world.context(), command.schema.parse(settings), before);

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

  const smoke = (answer: string, is: string, more: Record<string, Json> = {}): Json => ({
    run: `echo "> smoke"; echo '${answer}'`,
    expect: { share: { part: 'summary.failed', of: 'summary.total', is }, ...more },
  });
  test.each<[string, Json, string, RegExp]>([
    [
      'half of it failed',
      smoke('{"summary":{"failed":5,"total":10}}', '<= 0.5'),
      'pass',
      /: summary\.failed of summary\.total: 5 of 10$/,
    ],
    [
      'more than half',
      smoke('{"summary":{"failed":6,"total":10}}', '<= 0.5'),
      'fail',
      /summary\.failed of summary\.total: 6 of 10, expected <= 0\.5, found 0\.6$/,
    ],
    [
      'no test ran',
      smoke('{"summary":{"failed":0,"total":0}}', '<= 0.5'),
      'inconclusive',
      /is 0, and a share/,
    ],
    ['no total', smoke('{"summary":{"failed":0}}', '<= 0.5'), 'error', /no number at summary\.total$/],
    ['no part', smoke('{"summary":{"total":3}}', '<= 0.5'), 'error', /no number at summary\.failed$/],
    [
      'a text',
      smoke('{"summary":{"failed":"1","total":3}}', '<= 0.5'),
      'error',
      /no number at summary\.failed$/,
    ],
    ['no JSON', smoke('ok', '<= 0.5'), 'error', /is JSON$/],
    [
      'a text that is missed outweighs a share of nothing',
      smoke('{"summary":{"failed":0,"total":0}}', '<= 0.5', { stdout: '~ ready' }),
      'fail',
      /stdout: expected ~ ready/,
    ],
  ])('a share: %s', async (_name, settings, state, evidence) => {
    const found = await measure(settings);
    expect([found.state, found.evidence]).toEqual([state, expect.stringMatching(evidence)]);
  });

  test('a share is drawn as one, and told as it is expected', async () => {
    expect(await measure(smoke('{"summary":{"failed":6,"total":10}}', '<= 0.5'))).toMatchObject({
      value: { 'exit-code': 0, share: 0.6 },
      plot: { value: 0.6, limit: 0.5, unit: 'ratio' },
      expected: expect.stringContaining('summary.failed of summary.total <= 0.5'),
    });
  });

  const prints = (text: string, bounds: Record<string, Json>): Json => ({
    command: ['printf', '%s', text],
    compare: { with: 'baseline', ...bounds },
  });
  test('what got worse and why nobody knows is said', async () => {
    const settings = prints('200', { factor: 1.5 });
    const before = { at: '2026-11-21T10:00:00Z', state: 'fail', value: { output: 100 } } as const;
    expect(await measure(settings, before)).toMatchObject({ state: 'fail', worse: true });
    expect(await measure(settings, { missing: 'its settings changed' })).toMatchObject({
      state: 'inconclusive',
      evidence: expect.stringContaining('its settings changed'),
    });
  });
  const long = 'x'.repeat(2_000);
  test.each<[string, string, string, Record<string, Json>, string, RegExp]>([
    ['the same checksum', 'a1b2', 'a1b2', { equal: true }, 'pass', /: a1b2, as before the deploy$/],
    ['another one', 'a1b2', 'c3d4', { equal: true }, 'fail', /: c3d4, before the deploy a1b2$/],
    ['JSON in another order', '{"a":1,"b":2}', '{"b":2,"a":1}', { equal: true }, 'pass', /as before/],
    ['a long text', long, long, { equal: true }, 'pass', /sha256:[0-9a-f]{64}, as before/],
    ['a long text with another end', long, `${long}y`, { equal: true }, 'fail', /before the deploy sha256:/],
    ['a number that grew as it may', '100', '150', { factor: 1.5 }, 'pass', /at most 150/],
    ['a number that grew too much', '100', '151', { factor: 1.5 }, 'fail', /151, before the deploy 100/],
    ['a text that may not grow', 'a', 'b', { factor: 1.5 }, 'inconclusive', /holds no number/],
  ])('%s, before and after the deploy', async (_name, earlier, now, bounds, state, evidence) => {
    const first = await measure(prints(earlier, bounds));
    expect([first.state, first.evidence]).toEqual(['inconclusive', expect.stringMatching(/mode: preflight/)]);
    const before = { at: '2026-11-21T10:00:00Z', state: first.state, value: first.value };
    const found = await measure(prints(now, bounds), before);
    expect([found.state, found.evidence]).toEqual([state, expect.stringMatching(evidence)]);
  });

  test('why nothing is known of the time before is said', async () => {
    const found = await measure(prints('a1b2', { equal: true }), { missing: 'its settings changed' });
    expect([found.state, found.evidence]).toEqual([
      'inconclusive',
      expect.stringMatching(/: its settings changed$/),
    ]);
  });

  test('what it printed when it failed is nothing to compare with, and a failure is no difference', async () => {
    const failing = { run: 'echo a1b2; exit 1', compare: { with: 'baseline', equal: true } };
    const first = await measure(failing);
    expect([first.state, first.value]).toEqual(['fail', { 'exit-code': 1 }]);
    const before = { at: '2026-11-21T10:00:00Z', state: first.state, value: first.value };
    expect((await measure(prints('a1b2', { equal: true }), before)).evidence).toContain('holds no value');
    const empty = await measure({ command: ['true'], compare: { with: 'baseline', equal: true } }, before);
    expect([empty.state, empty.evidence]).toEqual(['inconclusive', expect.stringMatching(/printed nothing/)]);
  });

  test('is drawn by the one number that is expected of it', () => {
    const end = { ran: true, exitCode: 0, stdout: '{"ratio":0.97}', stderr: '', whole: true } as const;
    const expectation = { 'exit-code': 0, json: { ratio: '>= 0.95' } };
    expect(judgeCommand('x', end, { expect: expectation }, { took: '1 ms' })).toMatchObject({
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
    {
      name: 'want a path of keys',
      with: { run: 'true', expect: { share: { part: '.a', of: 'b', is: '<= 1' } } },
      path: 'expect.share.part',
    },
    {
      name: 'want to know how to compare',
      with: { run: 'true', compare: { with: 'baseline' } },
      path: 'compare.with',
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
