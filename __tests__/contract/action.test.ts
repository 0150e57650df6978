// action.yml and the typed keys say the same; a key that only one of them knows is a broken promise.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { z } from 'zod';
import { inputs, outputs } from '../../src/action-io.ts';
import { product } from '../../src/product.ts';

const manifest = z
  .looseObject({
    inputs: z.record(
      z.string(),
      z.strictObject({ description: z.string(), required: z.literal(false), default: z.string() }),
    ),
    outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
    runs: z.strictObject({ using: z.literal('node24'), main: z.literal('dist/index.js') }),
  })
  .parse(load(readFileSync('action.yml', 'utf8')));

describe('action.yml', () => {
  test('declares exactly the inputs that the code knows, with the same defaults and descriptions', () => {
    const declared = Object.fromEntries(
      Object.entries(manifest.inputs).map(([name, input]) => [
        name,
        { default: input.default, describe: input.description },
      ]),
    );
    expect(declared).toEqual(inputs);
  });

  test('declares exactly the outputs that the code knows', () => {
    const declared = Object.fromEntries(
      Object.entries(manifest.outputs).map(([name, output]) => [name, output.description]),
    );
    expect(declared).toEqual(outputs);
  });
});

describe('package.json', () => {
  test('has the name and version that records state', () => {
    const { name, version } = z
      .looseObject({ name: z.string(), version: z.string() })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));
    expect({ name, version }).toEqual(product);
  });
});
