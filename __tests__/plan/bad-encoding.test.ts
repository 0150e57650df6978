// Characters that deceive, tags that construct, and keys that reach prototypes.

import { describe, expect, test } from '@jest/globals';
import { errorsIn, plan, type Row } from './errors-in.ts';

const encoding: readonly Row[] = [
  {
    name: 'a NUL character',
    plan: plan('owner: a\0b'),
    errors: ['3:9 [encoding] the file holds a NUL character (U+0000)'],
  },
  {
    name: 'an escape character',
    plan: plan('owner: "\u001b[31mred"'),
    errors: ['3:9 [encoding] the file holds an escape character (U+001B)'],
  },
  {
    name: 'a C1 control character',
    plan: plan('owner: a\u009bb'),
    errors: ['3:9 [encoding] the file holds a C1 control character (U+009B)'],
  },
  {
    name: 'a mark that reorders text',
    plan: plan('owner: a\u202eb'),
    errors: ['3:9 [encoding] the file holds a character that reorders text (U+202E)'],
  },
  {
    name: 'an isolate that reorders text',
    plan: plan('# harmless \u2066 comment'),
    errors: ['3:12 [encoding] the file holds a character that reorders text (U+2066)'],
  },
  {
    name: 'an invisible space',
    plan: plan('own\u200ber: a'),
    errors: ['3:4 [encoding] the file holds an invisible character (U+200B)'],
  },
  {
    name: "a line break that editors don't show",
    plan: plan('owner: a\u2028version: 2'),
    errors: ['3:9 [encoding] the file holds a line break that editors do not show (U+2028)'],
  },
  {
    name: 'half of a surrogate pair',
    plan: plan('owner: a\ud800b'),
    errors: ['3:9 [encoding] the file holds half of a surrogate pair (U+D800)'],
  },
  {
    name: 'a byte order mark in the middle',
    plan: plan('owner: a\ufeffb'),
    errors: ['3:9 [encoding] the file holds an invisible character (U+FEFF)'],
  },
  {
    name: 'a mark written as an escape',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'owner: "a\\u202eb"'),
    errors: ['4:9 [encoding] the text holds a character that reorders text (U+202E)'],
  },
  {
    name: 'a NUL written as an escape',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'owner: "a\\0b"'),
    errors: ['4:9 [encoding] the text holds a NUL character (U+0000)'],
  },
];

test('a message that quotes such a character shows it as an escape', () => {
  const text = plan('components: { "a\\u202eb": { uses: helm-release, with: { release: a, foo: 1 } } }');
  expect(errorsIn(text).at(-1)).toBe('3:69 [unknown-key] unknown key `foo` in `components.a\\u202eb.with`');
});

const tagsAndPrototypes: readonly Row[] = [
  {
    name: 'a JavaScript function',
    plan: plan('components: !!js/function "function () {}"'),
    errors: [
      '3:13 [explicit-tag] tags such as `!!js/function` are not supported',
      '3:28 [type] expected a map, found "function () {}"',
    ],
  },
  {
    name: 'a JavaScript regular expression',
    plan: plan('components: { api: { uses: helm-release, with: { release: !!js/regexp /a/ } } }'),
    errors: [
      '3:59 [explicit-tag] tags such as `!!js/regexp` are not supported',
      '3:71 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "/a/"',
    ],
  },
  {
    name: 'binary data',
    plan: plan('components: { api: { uses: helm-release, with: { release: !!binary YQ== } } }'),
    errors: [
      '3:59 [explicit-tag] tags such as `!!binary` are not supported',
      '3:68 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "YQ=="',
    ],
  },
  {
    name: "a tag of one's own",
    plan: plan('components: { api: !component { uses: helm-release, with: { release: a } } }'),
    errors: ['3:20 [explicit-tag] tags such as `!component` are not supported'],
  },
  {
    name: 'a verbatim tag',
    plan: plan('components: { api: { uses: !<tag:yaml.org,2002:str> helm-release, with: { release: a } } }'),
    errors: ['3:28 [explicit-tag] tags such as `!<tag:yaml.org,2002:str>` are not supported'],
  },
  {
    name: 'a set',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'secrets: !!set { A, B }',
    ),
    errors: [
      '4:10 [explicit-tag] tags such as `!!set` are not supported',
      '4:16 [type] expected a list, found a map',
    ],
  },
  {
    name: 'a timestamp',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'owner: !!timestamp 2026-01-01',
    ),
    errors: ['4:8 [explicit-tag] tags such as `!!timestamp` are not supported'],
  },
  {
    name: '__proto__ at the top',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      '__proto__: { polluted: true }',
    ),
    errors: ['4:1 [forbidden-key] `__proto__` can not be a key'],
  },
  {
    name: '__proto__ in quotes',
    plan: plan(
      'components: { "__proto__": { uses: helm-release, with: { release: a } }, api: { uses: helm-release, with: { release: a } } }',
    ),
    errors: ['3:16 [forbidden-key] `__proto__` can not be a key'],
  },
  {
    name: 'constructor as a component',
    plan: plan(
      'components: { constructor: { uses: helm-release }, api: { uses: helm-release, with: { release: a } } }',
    ),
    errors: ['3:15 [forbidden-key] `constructor` can not be a key'],
  },
  {
    name: 'prototype as a variable',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'targets: { eu: { vars: { prototype: 1 } } }',
    ),
    errors: ['4:26 [forbidden-key] `prototype` can not be a key'],
  },
  {
    name: 'a merge key',
    plan: plan('components: { api: &api { uses: helm-release, with: { release: a } }, web: { <<: *api } }'),
    errors: [
      '3:71 [missing-key] `components.web` has no `uses`',
      '3:78 [merge-key] merge keys (`<<`) are not supported',
    ],
  },
  {
    name: 'a key that stands twice',
    plan: plan(
      'components:',
      '  api: { uses: helm-release, with: { release: a } }',
      '  api: { uses: helm-release, with: { release: b } }',
    ),
    errors: ['5:3 [duplicate-key] the key `api` is already in line 4'],
  },
  {
    name: 'a quoted key that stands twice',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'owner: a', '"owner": b'),
    errors: ['5:2 [duplicate-key] the key `owner` is already in line 4'],
  },
];

describe('encoding', () => {
  test.each(encoding)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('tags and prototypes', () => {
  test.each(tagsAndPrototypes)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});
