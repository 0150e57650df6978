// What log lines mean for the check `logs`, without a cluster: bounds, shares, and what was not read.

import { describe, expect, test } from '@jest/globals';
import { judgeLogs, type LogExpectations } from '../../src/checks/logs/judge-logs.ts';
import { type LogsRead, logsOf, readLogs } from '../../src/checks/logs/read-logs.ts';
import { logs } from '../../src/checks/logs.ts';
import type { Cluster } from '../../src/ports.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';
import { countLines } from '../../src/values/pattern-matching.ts';

const clean: LogsRead = {
  pods: 1,
  logs: 1,
  lines: 100,
  matched: 0,
  of: 0,
  examples: [],
  lacking: [],
};
const cut = ['the log of a (main): only its last 8 MiB'];

describe('lines that match', () => {
  test.each<[string, Partial<LogsRead>, Partial<LogExpectations>, RegExp]>([
    ['none of them is a pass', {}, {}, /^pass: 0 of 100 lines in 1 log match$/],
    [
      'one is too many',
      { matched: 1, examples: ['ERROR x'] },
      {},
      /^fail: 1 of 100 lines in 1 log match, expected 0, found 1; “ERROR x”/,
    ],
    ['as many as are allowed', { matched: 5 }, { expect: '<= 5' }, /^pass/],
    ['one more', { matched: 6 }, { expect: '<= 5' }, /^fail/],
    ['no pods are no data', { pods: 0, logs: 0, lines: 0 }, {}, /^inconclusive: there are no pods/],
    ['no started container is no data', { logs: 0, lines: 0 }, {}, /^inconclusive: no container has started/],
    [
      'no log that could be read is an error',
      { logs: 0, lines: 0, lacking: ['refused'] },
      {},
      /^error: refused/,
    ],
    ['not a single line is no data', { lines: 0 }, {}, /^inconclusive: .*allow-empty/],
    ['unless the plan takes it for good news', { lines: 0 }, { 'allow-empty': true }, /^pass/],
    ['not a single line where one is wanted is a failure', { lines: 0 }, { expect: '>= 1' }, /^fail/],
    [
      'what was cut can not pass',
      { lacking: cut },
      {},
      /^inconclusive: at least 0 of 100 .*not everything was read/,
    ],
    ['what was cut can fail', { matched: 1, lacking: cut }, {}, /^fail: at least 1/],
    [
      'a lower bound that has to be reached, and is',
      { matched: 9, lacking: cut },
      { expect: '>= 9' },
      /^pass/,
    ],
    ['one that is not reached yet', { matched: 8, lacking: cut }, { expect: '>= 9' }, /^inconclusive/],
    [
      'an exact number of which more may follow',
      { matched: 8, lacking: cut },
      { expect: 9 },
      /^inconclusive/,
    ],
  ])('%s', (_name, read, wanted, said) => {
    const { state, evidence } = judgeLogs({ ...clean, ...read }, { 'allow-empty': false, ...wanted });
    expect(`${state}: ${evidence}`).toMatch(said);
  });
});

describe('a share of lines', () => {
  const ratio = { expect: '<= 0.05' };
  test.each<[string, Partial<LogsRead>, RegExp]>([
    ['at the limit passes', { matched: 5, of: 100 }, /^pass: 5 of 100 lines, 5.00 %/],
    ['above it fails', { matched: 6, of: 100 }, /^fail: 6 of 100 lines, 6.00 %/],
    ['of nothing says nothing', { matched: 6, of: 0 }, /^inconclusive: .*share of nothing/],
    ['of logs that were cut neither', { matched: 60, of: 100, lacking: cut }, /^inconclusive/],
  ])('%s', (_name, read, said) => {
    const { state, evidence } = judgeLogs({ ...clean, ...read }, { 'allow-empty': false, ratio });
    expect(`${state}: ${evidence}`).toMatch(said);
  });

  test('can be drawn, with its limit', () => {
    const { plot } = judgeLogs({ ...clean, matched: 5, of: 100 }, { 'allow-empty': false, ratio });
    expect(plot).toEqual({ value: 0.05, limit: 0.05, unit: 'ratio' });
  });
});

test('examples are short, cut between words, and neither steer a terminal nor show what looks like a secret', () => {
  const lines = [
    `ERROR ${'x'.repeat(100)} ${'s3cret'.repeat(20)} end`,
    '\u001b[31mERROR\u001b[0m ::error::boom',
    'ERROR password=hunter2hunter2',
  ];
  const { evidence } = judgeLogs({ ...clean, matched: 3, examples: lines }, { 'allow-empty': false });
  expect(evidence).toContain(`“ERROR ${'x'.repeat(100)}…”`);
  expect(evidence).toContain('“ERROR ::error::boom”');
  expect(evidence).not.toContain('hunter2');
});

describe('counting lines', () => {
  test('all of them, without those that are allowed', () => {
    const text = 'ERROR one\nok\n\nERROR known issue\r\nWRITE a\nWRITE failed ERROR\n';
    expect(countLines({ match: 'ERROR', allow: 'known', of: '^WRITE' }, text)).toEqual({
      lines: 5,
      matched: 2,
      of: 2,
      examples: ['ERROR one', 'WRITE failed ERROR'],
    });
  });

  test('a hundred thousand take well under the second there is', () => {
    const counts = countLines({ match: 'ERROR' }, 'INFO all is well\n'.repeat(100_000));
    expect(counts).toMatchObject({ lines: 100_000, matched: 0 });
  });

  test('a pattern that backtracks for ever is undecided', () => {
    expect(countLines({ match: '^(a+)+$' }, `${'a'.repeat(60)}!`)).toBe('undecided');
  });
});

const container = (name: string, more: JsonObject = {}): JsonObject => ({ name, restartCount: 0, ...more });
const pod = (containers: readonly JsonObject[], init: readonly JsonObject[] = []): JsonObject => ({
  metadata: { name: 'a' },
  status: { containerStatuses: containers, initContainerStatuses: init },
});

test.each<
  [string, JsonObject, { readonly container?: string; readonly previous: boolean }, readonly string[]]
>([
  [
    'of every container',
    pod([container('main'), container('proxy')], [container('migrate')]),
    { previous: false },
    ['migrate', 'main', 'proxy'],
  ],
  [
    'of the one that is named',
    pod([container('main'), container('proxy')]),
    { container: 'main', previous: false },
    ['main'],
  ],
  [
    'not of one that never started',
    pod([container('main', { state: { waiting: {} } })]),
    { previous: true },
    [],
  ],
  [
    'also the one before the last restart',
    pod([container('main', { restartCount: 2, state: { waiting: {} } })]),
    { previous: true },
    ['main', 'main previous'],
  ],
  ['which there is only after a restart', pod([container('main')]), { previous: true }, ['main']],
])('the logs that are read: %s', (_name, given, wish, expected) => {
  const { requests } = logsOf([given], wish);
  expect(requests.map(({ container: name, previous }) => `${name}${previous ? ' previous' : ''}`)).toEqual(
    expected,
  );
});

/** For what a real cluster does not do on demand: a log that is cut, and one that is refused. */
test('a log that is cut or refused is said, and the others count', async () => {
  const asked: string[] = [];
  const cluster: Pick<Cluster, 'text' | 'namespace'> = {
    namespace: 'shop',
    text: async (path) => {
      asked.push(path);
      if (path.includes('container=bad')) throw new Error('no such log');
      return { text: 'ERROR here\n', whole: !path.includes('container=long') };
    },
  };
  const refuse = (): Promise<never> => Promise.reject(new Error('not asked for here'));
  const whole: Cluster = {
    ...cluster,
    get: refuse,
    list: refuse,
    mayI: refuse,
    whoAmI: refuse,
    dryRun: refuse,
    kubectlFlags: [],
    helmFlags: [],
    text: cluster.text,
  };
  const read = await readLogs(
    { cluster: whole, signal: new AbortController().signal },
    [pod([container('main'), container('long'), container('bad')])],
    { since: 90_500, previous: false, match: 'ERROR' },
  );
  expect(read).toMatchObject({ logs: 2, matched: 2, lines: 2 });
  expect(read.lacking.join()).toMatch(/long\): only its last 8 MiB/);
  expect(read.lacking.join()).toMatch(/bad\): .*no such log/);
  expect(asked[0]).toBe('/api/v1/namespaces/shop/pods/a/log?container=main&sinceSeconds=91');
});

test.each<[string, Json, boolean]>([
  [
    'a count',
    { workload: 'deployment/api', match: 'ERROR', allow: 'known', since: '15m', expect: '<= 3' },
    true,
  ],
  ['a share', { selector: 'app=api', match: 'ERROR', ratio: { of: 'INSERT', expect: '<= 0.05' } }, true],
  ['both', { selector: 'app=api', match: 'E', expect: 0, ratio: { of: 'I', expect: 0 } }, false],
  ['no pattern', { selector: 'app=api', match: '(' }, false],
  ['nothing to look for', { selector: 'app=api' }, false],
])('settings: %s', (_name, given, valid) => {
  expect(logs.schema.safeParse(given).success).toBe(valid);
});
