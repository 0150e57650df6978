// Every kind keeps its word: a literal name, a strict schema whose every key is described, and a page of its own.

import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { stepKinds } from '../../src/steps/registry.ts';

const kinds = [...componentKinds.values(), ...stepKinds.values(), ...checkKinds.values()];
const objectSchema = z.looseObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
});

describe.each(kinds.map((kind) => [kind.name, kind] as const))('kind %s', (name, kind) => {
  test('has a page in docs/kinds', () => {
    expect(existsSync(`docs/kinds/${name}.md`)).toBe(true);
  });

  test('has a strict schema with every key described', () => {
    const schema = objectSchema.parse(z.toJSONSchema(kind.schema, { target: 'draft-7', io: 'input' }));
    const bare = Object.entries(schema.properties).flatMap(([key, value]) =>
      value.description === undefined ? [key] : [],
    );
    expect(bare).toEqual([]);
  });

  test('is described in a sentence', () => {
    expect(kind.summary.length).toBeGreaterThan(10);
  });
});

test('the kinds of this version are there', () => {
  expect([[...componentKinds.keys()], [...stepKinds.keys()], [...checkKinds.keys()]]).toEqual([
    ['config-tag', 'helm-release'],
    ['deploy', 'http', 'run', 'wait'],
    ['http', 'rollout'],
  ]);
});
