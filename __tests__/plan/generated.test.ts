// What is generated from the plan's schema: the JSON Schema for editors and the reference page.

import { describe, expect, test } from '@jest/globals';
import { isJsonObject, type Json } from '../../src/values/json.ts';
import { planReferencePage } from '../../tools/generate/plan-reference-page.ts';
import { planJsonSchema } from '../../tools/generate/plan-schema.ts';
import { sampleKinds } from './sample-kinds.ts';

const schema = planJsonSchema({ ...sampleKinds });

/** The paths of all properties below the plan's own part of the schema that lack a description. */
function undescribed(node: Json, path: string): readonly string[] {
  if (!isJsonObject(node)) return [];
  return Object.entries(node).flatMap(([key, child]) => {
    if (key === 'allOf' || key === 'definitions') return [];
    if (key !== 'properties' || !isJsonObject(child)) return undescribed(child, path);
    return Object.entries(child).flatMap(([name, property]) => {
      const here = `${path}.${name}`;
      const own = isJsonObject(property) && typeof property['description'] === 'string' ? [] : [here];
      return [...own, ...undescribed(property, here)];
    });
  });
}

function at(...path: readonly string[]): Json | undefined {
  let here: Json | undefined = schema;
  for (const key of path)
    here = isJsonObject(here) ? here[key] : Array.isArray(here) ? here[Number(key)] : undefined;
  return here;
}

describe('the JSON Schema', () => {
  test('is draft-7 and the same every time', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(JSON.stringify(planJsonSchema(sampleKinds))).toBe(JSON.stringify(schema));
  });

  test('describes every key of a plan', () => {
    expect(undescribed(schema, 'plan')).toEqual([]);
  });

  test('asks only for what has no default', () => {
    expect(schema['required']).toEqual(['version', 'service', 'components']);
    expect(schema['additionalProperties']).toBe(false);
  });

  test('offers the kinds by name, with what each is', () => {
    expect(at('properties', 'verify', 'items', 'properties', 'uses', 'oneOf')).toEqual([
      { const: 'http', description: 'an HTTP request' },
    ]);
  });

  test('puts the settings of a kind behind its name, and allows an expression for each', () => {
    expect(at('properties', 'phases', 'items', 'properties', 'steps', 'items', 'allOf', '1')).toMatchObject({
      if: { properties: { uses: { const: 'scale' } }, required: ['uses'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        properties: {
          with: {
            properties: {
              replicas: {
                anyOf: [{ type: 'integer', minimum: 0, maximum: 1000 }, { $ref: '#/definitions/Computed' }],
              },
            },
            required: ['workload', 'replicas'],
            additionalProperties: false,
          },
        },
        required: ['with'],
      },
    });
  });

  test.each([
    ['a check of a trigger', ['triggers', 'additionalProperties', 'properties', 'check'], 'http'],
    ['a step that breaks', ['drill', 'properties', 'break', 'items'], 'run'],
    ['a step that restores', ['drill', 'properties', 'restore', 'items'], 'run'],
  ])('puts the settings of %s behind the name of its kind', (_name, path, kind) => {
    expect(at('properties', ...path, 'properties', 'uses', 'oneOf', '0', 'const')).toBe(kind);
    expect(at('properties', ...path, 'allOf', '0', 'then', 'properties', 'with', 'required')).toEqual(
      expect.arrayContaining([kind === 'http' ? 'url' : 'run']),
    );
  });

  test('offers no rollback to the steps of a drill', () => {
    const step = ['properties', 'drill', 'properties', 'break', 'items'];
    expect(at(...step, 'properties', 'rollback')).toBeUndefined();
    expect(at(...step, 'additionalProperties')).toBe(false);
    expect(at(...step, 'oneOf')).toEqual([{ required: ['uses'] }, { required: ['run'] }]);
    expect(at('properties', 'phases', 'items', 'properties', 'steps', 'items', 'oneOf', '0')).toEqual({
      required: ['rollback'],
    });
  });

  test('states defaults as a plan writes them', () => {
    expect(at('properties', 'triggers', 'additionalProperties', 'properties', 'every', 'default')).toBe(
      '10s',
    );
    expect(at('properties', 'drill', 'properties', 'detect-within', 'default')).toBe('5m');
    expect(at('properties', 'drill', 'required')).toEqual(['break']);
  });

  test('has a definition for everything it refers to', () => {
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(
      (match) => match[1],
    );
    const definitions = at('definitions');
    expect(references.length).toBeGreaterThan(0);
    expect(
      references.filter((name) => !isJsonObject(definitions) || !Object.hasOwn(definitions, name ?? '')),
    ).toEqual([]);
  });
});

describe('the reference page', () => {
  const page = planReferencePage(sampleKinds);

  test.each([
    ['a key of the plan', /^\| `service`\s+\| string\s+\| required\s+\| What is rolled back\.\s+\|$/m],
    ['a key below a name', /^### `targets\.<name>`$/m],
    ['a key below a list in a list', /^#### `phases\[\]\.steps\[\]`$/m],
    ['a default', /^\| `on-failure`\s+\| `stop`, `continue`, `compensate`\s+\| `"stop"`/m],
    [
      'a kind and its settings',
      /^#### `scale`\n\nScales a workload\.\n\n\| Key[^\n]*\n[^\n]*\n\| `workload`\s+\| string\s+\| required/m,
    ],
    ['a duration', /^\| `timeout`\s+\| duration/m],
    ['the limits', /^\| steps\s+\| 200\s+\|$/m],
    ['a key below a map below a name', /^#### `triggers\.<name>\.check`$/m],
    ['a list that is like another', /^#### `drill\.restore\[\]`\n\nThe same keys as `drill\.break\[\]`\.$/m],
    ['the rules of the linter', /^\| `two-default-scenarios`\s+\| At most one scenario is the default\./m],
  ])('tells %s', (_name, pattern) => {
    expect(page).toMatch(pattern);
  });

  test('says how it is made, so that nobody edits it by hand', () => {
    expect(page.split('\n')[0]).toBe(
      '<!-- Generated from src/plan/schema.ts and the kinds by `npx tsc -p . && node lib/tools/generate/plan-reference.js`. Do not edit. -->',
    );
  });
});
