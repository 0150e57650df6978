// Expressions: what they compute, what they refuse, and what they refer to.

import { describe, expect, test } from '@jest/globals';
import {
  evaluateCondition,
  evaluateText,
  evaluateTree,
  type Scope,
} from '../../src/values/expression-evaluation.ts';
import { checkReferences, shapeOfNames } from '../../src/values/expression-references.ts';
import { parseCondition, parseTemplate } from '../../src/values/expressions.ts';
import type { Json } from '../../src/values/json.ts';

const scope: Scope = {
  contexts: {
    service: 'shop',
    inputs: { n: 3, text: "it's", on: true, none: null, list: ['a', 'b'], map: { k: 1 } },
    components: { 'my.api': { to: { version: '7' } } },
  },
  status: { failed: false, cancelled: false },
};

test.each<[string, string, Json]>([
  ['a text without expressions stays', 'plain $x {{ y }}', 'plain $x {{ y }}'],
  ['an expression alone keeps a number', '${{ inputs.n }}', 3],
  ['an expression alone keeps a truth value', '${{inputs.on}}', true],
  ['an expression alone keeps nothing', '${{ inputs.none }}', null],
  ['an expression alone keeps a list', '${{ inputs.list }}', ['a', 'b']],
  ['an expression alone keeps a map', '${{ inputs.map }}', { k: 1 }],
  ['a space around it makes it text', ' ${{ inputs.n }}', ' 3'],
  ['several are put together', '${{ service }}-${{ inputs.n }}!', 'shop-3!'],
  ['names ignore case', '${{ INPUTS.N }}', 3],
  ['a name with a dot is written in brackets', "${{ components['my.api'].to.version }}", '7'],
  ['braces inside quotes belong to the text', "${{ 'a}}b' }}", 'a}}b'],
  ['a literal opening is written as a text', "${{ '${{' }}", '${{'],
  ['quotes are doubled, however many', "${{ 'it''s Ada''s' }}", "it's Ada's"],
  ['an alternative fills a hole', "x${{ inputs.none || 'y' }}", 'xy'],
  [
    'functions are those of workflows',
    "${{ format('{0}/{1}', service, join(inputs.list, '+')) }}",
    'shop/a+b',
  ],
  ['JSON goes both ways', '${{ fromJSON(toJSON(inputs.map)).k }}', 1],
  ['comparisons are those of workflows', "${{ service == 'SHOP' && inputs.n >= 3 }}", true],
  ['what a prototype has is not there', '${{ inputs.constructor }}', null],
  ['what a prototype hides is not there', "${{ inputs['__proto__'] }}", null],
])('%s', (_name, text, value) => {
  expect(evaluateText(text, scope)).toEqual(value);
});

test.each([
  [
    'a hole in a text',
    'x${{ inputs.none }}',
    '`inputs.none` has no value, and the text around it would have a hole',
  ],
  [
    'an unknown name in a text',
    'x${{ inputs.nope }}',
    '`inputs.nope` has no value, and the text around it would have a hole',
  ],
  ['a list in a text', 'x${{ inputs.list }}', "`inputs.list` is a list, which can't stand inside a text"],
  ['a map in a text', 'x${{ inputs.map }}', "`inputs.map` is a map, which can't stand inside a text"],
  ['a number without end', '${{ Infinity }}', '`Infinity` is not a finite number'],
  [
    'JSON that is none',
    "${{ fromJSON('{') }}",
    "`fromJSON('{')` can not be computed: Error parsing JSON when evaluating fromJson",
  ],
  [
    'an expression that does not parse',
    '${{ 1 + }}',
    'the expression does not parse: unexpected symbol: \'+\' in "${{ 1 + }}"',
  ],
])('%s is an error that names it', (_name, text, message) => {
  expect(() => evaluateText(text, scope)).toThrow(
    expect.objectContaining({ code: 'expression-failed', message }),
  );
});

test.each([
  [
    'format in format',
    Array.from({ length: 24 }).reduce<string>(
      (inner) => `format('{0}{0}{0}{0}',${inner})`,
      "'aaaaaaaaaaaaaaaa'",
    ),
  ],
  ['join with a long separator', "join(inputs.list, format('{0}{0}{0}{0}{0}{0}', inputs.long))"],
])('%s can not grow without end', (_name, source) => {
  const large: Scope = {
    ...scope,
    contexts: { inputs: { list: Array.from({ length: 2000 }, () => 'a'), long: 'x'.repeat(100_000) } },
  };
  const started = performance.now();
  expect(() => evaluateText(`\${{ ${source} }}`, large)).toThrow(
    'the result is longer than 1048576 characters',
  );
  expect(performance.now() - started).toBeLessThan(1000);
});

test('a tree is computed in its values, not in its keys, and says where it failed', () => {
  const tree = { a: ['${{ inputs.n }}', 1, null], '${{ service }}': { b: 'x ${{ service }}' } };
  expect(evaluateTree(tree, scope)).toEqual({ a: [3, 1, null], '${{ service }}': { b: 'x shop' } });
  const seen: (readonly (string | number)[])[] = [];
  const locate = (path: readonly (string | number)[]): { file: string; line: number; column: number } => {
    seen.push(path);
    return { file: 'a.yml', line: 4, column: 2 };
  };
  const failing = { a: [0, 'x${{ inputs.none }}'] };
  expect(() => evaluateTree(failing, scope, locate)).toThrow(
    expect.objectContaining({ where: { file: 'a.yml', line: 4, column: 2 } }),
  );
  expect(seen.at(-1)).toEqual(['a', 1]);
});

describe('conditions', () => {
  const fine = { failed: false, cancelled: false };
  const failed = { failed: true, cancelled: false };
  const cancelled = { failed: false, cancelled: true };
  test.each([
    ['without a condition, a step runs while all is well', undefined, fine, true],
    ['without a condition, nothing runs after a failure', undefined, failed, false],
    ['without a condition, nothing runs after a cancellation', undefined, cancelled, false],
    ['a condition that asks for no status implies success', "service == 'shop'", failed, false],
    ['a condition that holds', "service == 'shop'", fine, true],
    ['a condition that does not hold', "service == 'other'", fine, false],
    ['braces change nothing', "${{ service == 'shop' }}", fine, true],
    ['always runs after a failure', 'always()', failed, true],
    ['always runs after a cancellation', '${{ always() }}', cancelled, true],
    ['failure runs after a failure', 'failure()', failed, true],
    ['failure does not run while all is well', 'failure()', fine, false],
    ['failure does not run after a cancellation', 'failure()', cancelled, false],
    ['cancelled runs after a cancellation', 'cancelled()', cancelled, true],
    ['success does not run after a failure', 'success()', failed, false],
    ['a status deep inside counts as asking', "service == 'shop' && !(success())", failed, true],
    ['functions ignore case', 'ALWAYS()', failed, true],
    ['an empty text is false', 'inputs.none', fine, false],
    ['a text is true', 'inputs.text', fine, true],
    ['zero is false', '0', fine, false],
    ['a list is true', 'inputs.list', fine, true],
    ['true is true', 'true', fine, true],
    ['false is false', 'false', fine, false],
  ])('%s', (_name, condition, status, expected) => {
    expect(evaluateCondition(condition, { ...scope, status })).toBe(expected);
  });

  test('text around a condition is refused, because it would always hold', () => {
    expect(parseCondition('${{ failure() }} || x')).toMatchObject({
      ok: false,
      problem: { offset: 0, length: 21 },
    });
    expect(parseCondition('${{ failure() }} ${{ always() }}').ok).toBe(false);
    expect(parseCondition('  ${{ failure() }}\n').ok).toBe(true);
  });
});

describe('references', () => {
  const version = shapeOfNames([['version', 'value']]);
  const shape = shapeOfNames(
    [
      ['service', 'value'],
      ['inputs', shapeOfNames([['restore-point', 'value']])],
      ['components', shapeOfNames([['api', shapeOfNames([['from', version]])]])],
      ['steps', shapeOfNames([['a', shapeOfNames([['outputs', 'any']])]])],
    ],
    [['secrets', 'not here']],
  );

  test.each([
    ['a name that is there', 'components.api.from.version', []],
    ['a name in another case', 'Components.API.From.version', []],
    ['a name in brackets', "components['api']['from'].version", []],
    ['a whole context', 'toJSON(inputs)', []],
    ['what may be anything', 'steps.a.outputs.b.c[0]', []],
    ['a part computed when it runs', 'components[service].nope', []],
    ['all of a context', 'components.*.from', []],
    [
      'a misspelt name',
      'components.api.form',
      [['`components.api` has no `form`', 'did you mean `from`?', 15]],
    ],
    [
      'a misspelt name in brackets',
      "inputs['restore-pont']",
      [['`inputs` has no `restore-pont`', 'did you mean `restore-point`?', 7]],
    ],
    [
      'a misspelt context',
      'compnents.api',
      [['unknown name `compnents` in the expression', 'did you mean `components`?', 0]],
    ],
    ['an explained absence', 'secrets.A', [['unknown name `secrets` in the expression', 'not here', 0]]],
    [
      'a property of a value',
      'service.name',
      [['`service` is a plain value and has no `name`', undefined, 8]],
    ],
    [
      'a misspelt name inside an index',
      'components[servce]',
      [['unknown name `servce` in the expression', 'did you mean `service`?', 11]],
    ],
    [
      'a misspelt name inside a function',
      "contains(join(inputs.x), 'a')",
      [['`inputs` has no `x`', 'known here: `restore-point`', 21]],
    ],
    [
      'what a prototype has',
      'inputs.constructor',
      [['`inputs` has no `constructor`', 'known here: `restore-point`', 7]],
    ],
    [
      'two faults',
      'inputs.x || inputs.y',
      [
        ['`inputs` has no `x`', 'known here: `restore-point`', 7],
        ['`inputs` has no `y`', 'known here: `restore-point`', 19],
      ],
    ],
  ])('%s', (_name, source, problems) => {
    const parsed = parseCondition(source);
    if (!parsed.ok) throw new Error(parsed.problem.message);
    expect(
      checkReferences(parsed.value, shape).map(({ message, hint, offset }) => [message, hint, offset]),
    ).toEqual(problems);
  });
});

test('a text is cut at its expressions, each with its place', () => {
  const parsed = parseTemplate("a ${{ b }} c ${{ '}}' }}");
  expect(
    parsed.ok &&
      parsed.value.pieces.map((piece) => (typeof piece === 'string' ? piece : [piece.source, piece.offset])),
  ).toEqual(['a ', [' b ', 5], ' c ', [" '}}' ", 16]]);
});
