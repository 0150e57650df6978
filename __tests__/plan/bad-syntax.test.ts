// Plans that are not YAML, or more YAML than a plan may be.

import { describe, expect, test } from '@jest/globals';
import { errorsIn, plan, type Row, step } from './errors-in.ts';

const syntax: readonly Row[] = [
  {
    name: 'a bracket that is never closed',
    plan: plan('components: ['),
    errors: ['4:1 [syntax] the YAML does not parse: deficient indentation'],
  },
  {
    name: 'a quote that is never closed',
    plan: plan('components:', '  api: { uses: "helm }'),
    errors: ['5:1 [syntax] the YAML does not parse: deficient indentation'],
  },
  {
    name: 'a tab as indentation',
    plan: plan('components:', '\tapi: {}'),
    errors: ['4:1 [syntax] the YAML does not parse: tab characters must not be used in indentation'],
  },
  {
    name: 'a second key on the same line',
    plan: plan('owner: a: b'),
    errors: ['3:9 [syntax] the YAML does not parse: bad indentation of a mapping entry'],
  },
  {
    name: 'a key without a colon',
    plan: plan('components:', '  api', '  web: {}'),
    errors: ['5:6 [syntax] the YAML does not parse: bad indentation of a mapping entry'],
  },
  {
    name: 'a value outdented below its key',
    plan: plan('components:', '    api:', '      uses: helm-release', '   web: {}'),
    errors: ['6:4 [syntax] the YAML does not parse: bad indentation of a mapping entry'],
  },
  {
    name: 'two documents',
    plan: plan('components: {}', '---', 'version: 1'),
    errors: ['5:1 [syntax] the file holds 2 YAML documents, a plan is one'],
  },
  { name: 'an empty file', plan: '', errors: ['1:1 [syntax] the plan is empty'] },
  {
    name: 'a file with only a comment',
    plan: '# a plan will be here\n',
    errors: ['1:1 [syntax] the plan is empty'],
  },
  {
    name: 'an alias without an anchor',
    plan: plan('components: { api: *nowhere }'),
    errors: ['3:20 [syntax] there is no anchor `&nowhere` before this alias'],
  },
  {
    name: 'an alias to what it is in',
    plan: plan('components: &all { api: { uses: helm-release, with: *all } }'),
    errors: [
      '3:47 [missing-key] `components.api.with` has no `release`',
      '3:53 [syntax] the alias `*all` contains itself',
    ],
  },
  {
    name: 'a list where the plan should be',
    plan: '- version: 1\n',
    errors: ['1:1 [type] expected a map, found a list'],
  },
  {
    name: 'a text where the plan should be',
    plan: 'rollback please',
    errors: ['1:1 [type] expected a map, found "rollback please"'],
  },
];

const limits: readonly Row[] = [
  {
    name: 'a file of more than 256 KiB',
    plan: `#${'x'.repeat(256 * 1024)}`,
    errors: ['1:1 [limit] the plan has 257 KiB, more than 256 KiB'],
  },
  {
    name: 'brackets a hundred thousand deep',
    plan: '['.repeat(100_000),
    errors: ['1:32 [limit] values are nested more than 32 deep'],
  },
  {
    name: 'maps in maps in one line',
    plan: '{a: '.repeat(50_000),
    errors: ['1:122 [limit] values are nested more than 32 deep'],
  },
  {
    name: 'dashes a hundred thousand deep',
    plan: '- '.repeat(100_000),
    errors: ['1:65 [limit] values are nested more than 32 deep'],
  },
  {
    name: 'keys that indent ever further',
    plan: Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    errors: ['32:32 [limit] values are nested more than 32 deep'],
  },
  {
    name: 'more than 50 aliases',
    plan: plan('description: &a text', `components: [${'*a, '.repeat(51)}]`),
    errors: ['4:214 [limit] the plan has more than 50 aliases'],
  },
  {
    name: 'aliases of aliases that expand to millions of values',
    plan: billionLaughs(),
    errors: ['7:15 [limit] the plan holds more than 50000 values once aliases are expanded'],
  },
  {
    name: 'aliases that make the plan deeper than it looks',
    plan: deepAliases(),
    errors: ['4:19 [limit] values are nested more than 32 deep once aliases are expanded'],
  },
  {
    name: 'more than 200 steps',
    plan: step(...Array.from({ length: 201 }, () => '      - { run: "true" }')),
    errors: ['207:9 [limit] the plan has 201 steps, more than 200'],
  },
  {
    name: 'more than 100 components',
    plan: plan(
      'components:',
      ...Array.from({ length: 101 }, (_, n) => `  c${n}: { uses: helm-release, with: { release: r } }`),
    ),
    errors: ['104:3 [limit] the plan has 101 components, more than 100'],
  },
  {
    name: 'more than 10 follow-ups',
    plan: plan('follow-ups:', ...Array.from({ length: 11 }, (_, n) => `  f${n}: { within: 1d }`)),
    errors: ['14:3 [limit] the plan has 11 follow-ups, more than 10'],
  },
];

describe('syntax', () => {
  test.each(syntax)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('limits', () => {
  test.each(limits)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

/** Every level refers five times to the one below. */
function billionLaughs(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 10; n += 1) lines.push(`a${n}: &a${n} [${`*a${n - 1}, `.repeat(5)}]`);
  return `${lines.join('\n')}\n`;
}

/** Every level is ten deep and refers to the one below. */
function deepAliases(): string {
  const lines = ['a0: &a0 [[[[[[[[[[x]]]]]]]]]]'];
  for (let n = 1; n < 10; n += 1) lines.push(`a${n}: &a${n} [[[[[[[[[[*a${n - 1}]]]]]]]]]]`);
  return `${lines.join('\n')}\n`;
}
