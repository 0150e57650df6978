// Every kind keeps its word: a literal name, a strict schema whose every key is described, and a page of its own.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkKinds } from '../../src/checks/registry.ts';
import { componentKinds } from '../../src/components/registry.ts';
import { stepKinds } from '../../src/steps/registry.ts';

const kinds = [
  ...Array.from(componentKinds.values(), (kind) => ({ what: 'Component', ...kind })),
  ...Array.from(stepKinds.values(), (kind) => ({ what: 'Step', ...kind })),
  ...Array.from(checkKinds.values(), (kind) => ({ what: 'Check', ...kind })),
];
const objectSchema = z.looseObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
});

describe.each(kinds.map((kind) => [kind.what, kind.name, kind] as const))(
  '%s kind %s',
  (what, name, kind) => {
    // A step and a check of one name share a page, with a section for each.
    test('has a page in docs/kinds, or its own section of one', () => {
      const page = readFileSync(`docs/kinds/${name}.md`, 'utf8');
      expect(page).toMatch(new RegExp(`^##? ${what} kind \`${name}\`$`, 'm'));
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
  },
);

test('the kinds of this version are there', () => {
  expect([[...componentKinds.keys()], [...stepKinds.keys()], [...checkKinds.keys()]]).toEqual([
    ['config-tag', 'helm-release', 'workload'],
    ['deploy', 'http', 'run', 'wait'],
    [
      'alerts',
      'command',
      'config-drift',
      'http',
      'job',
      'logs',
      'pods',
      'prometheus',
      'rollout',
      'sql',
      'version',
    ],
  ]);
});
