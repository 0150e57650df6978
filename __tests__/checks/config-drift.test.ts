// What the difference between a ConfigMap and git means for the check `config-drift`, and that it says no values.

import { expect, test } from '@jest/globals';
import { configDrift, judgeDrift } from '../../src/checks/config-drift.ts';
import type { ConfigContent } from '../../src/values/config-map.ts';
import type { Json } from '../../src/values/json.ts';

const content = (keys: Readonly<Record<string, string>>): ConfigContent =>
  new Map(Object.entries(keys).map(([key, value]) => [key, Buffer.from(value)]));
const tagged = { ok: true, content: content({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' }) } as const;
const settings = { configmap: 'shop', at: 'v1', paths: ['config'] };

test.each<[string, Parameters<typeof judgeDrift>[0], Parameters<typeof judgeDrift>[1], RegExp]>([
  [
    'equal content passes',
    tagged,
    content({ 'b.yaml': 'b: 1\n', 'a.yaml': 'a: 1\n' }),
    /^pass: .*exactly the 2 keys of v1/,
  ],
  [
    'another byte fails',
    tagged,
    content({ 'a.yaml': 'a: 1', 'b.yaml': 'b: 1\n' }),
    /^fail: .*v1: a.yaml differs$/,
  ],
  ['a key less fails', tagged, content({ 'a.yaml': 'a: 1\n' }), /^fail: .*b.yaml is not there$/],
  [
    'a key more fails, and its value is not told',
    tagged,
    content({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', pw: 'hunter2' }),
    /^fail: (?!.*hunter2).*pw is not in git$/,
  ],
  ['no ConfigMap fails', tagged, undefined, /^fail: ConfigMap shop does not exist/],
  [
    'no files at the revision are no data',
    { ok: true, content: content({}) },
    content({}),
    /^inconclusive: there are no files in config at v1/,
  ],
  ['an object that makes no sense is none', tagged, 'unreadable', /^inconclusive/],
  [
    'files that can be no ConfigMap are an error',
    { ok: false, reasons: ['a/b lies in a subdirectory'] },
    content({}),
    /^error: .*a\/b lies/,
  ],
])('%s', (_name, wanted, live, said) => {
  const { state, evidence } = judgeDrift(wanted, live, settings);
  expect(`${state}: ${evidence}`).toMatch(said);
});

test('many keys are counted, and ten are named', () => {
  const live = content(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`k${index}`, 'x'])));
  const { evidence, value } = judgeDrift({ ok: true, content: content({ k0: 'y' }) }, live, settings);
  expect(evidence).toContain('and 2 more');
  expect(value).toMatchObject({ differing: 12 });
});

test.each<[string, Json, boolean]>([
  ['a tag', { configmap: 'shop', paths: ['./config/'], at: 'v2.3.1' }, true],
  ['an option', { configmap: 'shop', paths: ['config'], at: '--all' }, false],
  ['a path in a revision', { configmap: 'shop', paths: ['config'], at: 'v1:config' }, false],
  ['no paths', { configmap: 'shop', paths: [], at: 'v1' }, false],
])('settings: %s', (_name, given, valid) => {
  expect(configDrift.schema.safeParse(given).success).toBe(valid);
});
