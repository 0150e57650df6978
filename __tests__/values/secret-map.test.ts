// The map of secrets that a reusable workflow hands over: whatever GitHub’s toJSON writes is read back exactly, and
// whatever else is given is refused without a word of it being repeated.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RollbackPlanError } from '../../src/errors.ts';
import { readSecretMap } from '../../src/values/secret-map.ts';

function refusal(text: string): { readonly code: string; readonly said: string } {
  try {
    readSecretMap(text);
  } catch (error) {
    if (error instanceof RollbackPlanError)
      return { code: error.code, said: `${error.message} ${error.hint} ${JSON.stringify(error.facts)}` };
    throw error;
  }
  throw new Error('it was taken');
}

describe('a map of secrets', () => {
  test('as a caller writes it with toJSON', () => {
    const text = 'DB_PASSWORD: "pa:ss \\"word\\" #1"\nTLS_KEY: "-----BEGIN\\nabc\\n-----END\\n"\n';
    expect([...readSecretMap(text)]).toEqual([
      ['DB_PASSWORD', 'pa:ss "word" #1'],
      ['TLS_KEY', '-----BEGIN\nabc\n-----END\n'],
    ]);
  });

  test('any text survives toJSON and reading', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (secret) => {
        expect(readSecretMap(`A: ${JSON.stringify(secret)}`).get('A')).toBe(secret);
      }),
    );
  });

  test('nothing given is nothing', () => {
    expect(readSecretMap('').size).toBe(0);
    expect(readSecretMap('  \n').size).toBe(0);
  });

  test('a secret that GitHub does not have is left out', () => {
    expect([...readSecretMap('A: ""\nB: "b"').keys()]).toEqual(['B']);
  });

  test.each([
    ['a bare text', 'sesame-open', 'it is not a map'],
    ['a list', '- sesame-open', 'it is not a map'],
    ['broken YAML', 'A: "sesame-open\nB: [', 'it is not YAML (line'],
    ['an alias', 'A: *sesame-open', 'it is not YAML'],
    ['a bomb of aliases', 'a: &a [sesame-open]\nb: [*a, *a, *a]', 'it is not YAML'],
    ['two of one name', 'A: "sesame-open"\nA: "x"', 'it is not YAML'],
    ['a number', 'A: "sesame-open"\nB: 12345678', 'entry 2 is not a text in quotes'],
    ['a map in a map', 'A: { sesame-open: x }', 'entry 1 is not a text in quotes'],
    ['a name that no variable has', '"sesame-open": "x"', 'entry 1 has no name'],
    ['something endless', `A: "${'sesame-open'.repeat(100_000)}"`, 'characters'],
  ])('%s is refused and not repeated', (_, text, why) => {
    const { code, said } = refusal(text);
    expect(code).toBe('input-invalid');
    expect(said).toContain(why);
    expect(said).not.toContain('sesame');
  });

  test('a key named like a prototype’s is a key', () => {
    expect(readSecretMap('__proto__: "x"').get('__proto__')).toBe('x');
  });
});
