// Plans meant to harm, and plans nobody meant at all: always findings or a plan, soon, and in little memory.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderFindings } from '../../src/plan/findings.ts';
import { limits } from '../../src/plan/limits.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { plan } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const size = limits.bytes - 1024;
const fill = (text: string, room = size): string => text.repeat(Math.floor(room / text.length));
const component = 'components: { api: { uses: helm-release, with: { release: a } } }';

let counter = 0;
const hostile: readonly (readonly [string, string])[] = [
  ['nothing but opening brackets', fill('[')],
  ['maps in maps', fill('{a: ')],
  ['dashes', fill('- ')],
  ['question marks', fill('? ')],
  ['a flow map of many keys', `{${fill('a, ')}}`],
  ['a flow list of pairs', `[${fill('a: b, ')}]`],
  ['thousands of documents', fill('---\n')],
  ['thousands of anchors', Array.from({ length: 16_000 }, (_, n) => `- &a${n} x`).join('\n')],
  ['thousands of different unknown keys', Array.from({ length: 20_000 }, (_, n) => `key${n}: 1`).join('\n')],
  [
    'thousands of almost known keys',
    plan(component, ...Array.from({ length: 15_000 }, (_, n) => `verif${n}: 1`)),
  ],
  [
    'thousands of components',
    plan('components:', ...Array.from({ length: 10_000 }, (_, n) => `  c${n}: { uses: x }`)),
  ],
  [
    'thousands of steps',
    plan(component, 'phases:', '  - name: a', '    steps:', fill('      - { rollback: apo }\n')),
  ],
  [
    'thousands of triggers',
    plan(component, 'triggers:', ...Array.from({ length: 9000 }, (_, n) => `  t${n}: {}`)),
  ],
  ['thousands of steps that break', plan(component, 'drill:', '  break:', fill('    - { rollback: api }\n'))],
  [
    'thousands of phases that refer backwards',
    plan(component, 'phases:', fill('  - { name: a, if: steps.a.outputs.b, steps: [{ id: a, run: b }] }\n')),
  ],
  [
    'thousands of expressions',
    plan(component, `verify: [{ uses: http, with: { url: "${fill('${{ a.b }}')}", expect: 1 } }]`),
  ],
  [
    'thousands of names to suggest from',
    plan(
      component,
      `targets: { eu: { vars: { ${Array.from({ length: 9000 }, (_, n) => `name${n}: 1`).join(', ')} } } }`,
      `verify: [{ uses: http, with: { url: "${fill('${{ vars.nam }}', 100_000)}", expect: 1 } }]`,
    ),
  ],
  [
    'thousands of wrong settings',
    plan(
      component,
      'verify:',
      '  - uses: http',
      '    with:',
      '      headers:',
      fill('        a: []\n', 100_000).replace(/a/g, () => `h${counter++}`),
    ),
  ],
  ['expressions that are never closed', plan(component, `owner: "${fill('${{ ')}"`)],
  [
    'quotes in an expression',
    plan(component, 'phases: [{ name: a, if: "', fill("'"), '", steps: [{ run: a }] }]'),
  ],
  ['a line of 200,000 characters', plan(component, `owner: ${'x'.repeat(200_000)}`)],
  ['a block of 50,000 lines', plan(component, 'description: |', fill('  x\n'))],
  ['a name of backtracking dots', plan(component, `records: { branch: "${fill('a.')}" }`)],
  [
    'a pattern that backtracks',
    plan(component, 'verify: [{ uses: http, with: { url: https://a.example, expect: "~ (a+)+$" } }]'),
  ],
  ['nothing but line breaks', fill('\n')],
  ['nothing but tabs', fill('\t')],
  ['nothing but NUL', fill('\0')],
  ['nothing but marks that reorder text', fill('\u202e', size / 3)],
  ['nothing but halves of pairs', fill('\ud800', size / 3)],
];

describe('hostile plans', () => {
  test.each(hostile)('%s ends in findings or a plan within two seconds', (_name, text) => {
    // Of the processor, not of the clock: other suites run beside this one.
    const started = process.cpuUsage();
    const { plan: parsed, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
    renderFindings(findings, text);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(2000);
    expect(parsed !== undefined || findings.some(({ severity }) => severity === 'error')).toBe(true);
    expect(findings.length).toBeLessThanOrEqual(limits.findings);
  });

  test('a plan with more than 200 findings shows 199 and says that there are more', () => {
    const text = plan(component, ...Array.from({ length: 250 }, (_, n) => `unknown${n}: 1`));
    const { findings } = parsePlan(text, 'rollback.yml', sampleKinds);
    expect(findings).toHaveLength(200);
    expect(findings.at(-1)?.message).toBe('there are more findings, which are not shown');
  });

  test('no plan pollutes a prototype', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      parsePlan(
        plan(component, `${key}: { polluted: true }`, `records: { ${key}: { polluted: true } }`),
        'a',
        sampleKinds,
      );
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

/** Words and marks of plans, so that random texts get further than the first character. */
const fragments = [
  'version: 1\n',
  'service: shop\n',
  'components:\n',
  '  api: { uses: helm-release, with: { release: a } }\n',
  'phases:\n',
  '  - name: a\n',
  '    steps:\n',
  '      - ',
  'rollback: api\n',
  'run: |\n',
  '          make\n',
  'if: failure()\n',
  '${{ ',
  ' }}',
  'inputs.x',
  '&a ',
  '*a',
  '<<: ',
  '!!str ',
  '- ',
  '? ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '|',
  '>',
  '\n',
  '  ',
  '\t',
  '#',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  'null',
  '~',
  '1e9',
  '.nan',
  '__proto__',
  '\u202e',
  '\r',
  'ä',
  '😀',
] as const;

describe('any text', () => {
  test.each([
    ['made of characters', fc.string({ unit: 'binary', maxLength: 400 })],
    [
      'made of pieces of plans',
      fc.array(fc.constantFrom(...fragments), { maxLength: 80 }).map((parts) => parts.join('')),
    ],
  ])('%s gives a plan or errors, each at a place in the text', (_name, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const { plan: parsed, findings } = parsePlan(text, 'rollback.yml', sampleKinds);
        const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
        for (const { where, length } of findings) {
          const line = lines[where.line - 1];
          expect(line).toBeDefined();
          expect(where.column).toBeGreaterThanOrEqual(1);
          expect(where.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
          expect(length).toBeGreaterThanOrEqual(1);
        }
        expect(findings.some(({ severity }) => severity === 'error')).toBe(parsed === undefined);
        expect(renderFindings(findings, text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 500 },
    );
  });
});
