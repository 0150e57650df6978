// Manifests mean here what they mean to Helm and the API server, or the comparison with live objects would lie.

import { describe, expect, test } from '@jest/globals';
import { at, describeObject, objectKey, parseManifest } from '../../../src/components/helm/manifest.ts';

describe('YAML is read as Helm and the API server read it', () => {
  test.each([
    ['a leading zero means octal, as in a file mode', '0644', 420],
    ['so does 0o', '0o644', 420],
    ['hexadecimal', '0x1F', 31],
    ['an underscore groups digits', '1_000', 1000],
    ['yes is true', 'yes', true],
    ['off is false', 'off', false],
    ['a time is text, not a base-60 number', '12:30', '12:30'],
    ['a date is text', '2026-11-21', '2026-11-21'],
    ['an exponent without a sign is text', '1e3', '1e3'],
    ['with a sign it is a number', '1e+3', 1000],
    ['a version is text', '1.2.3', '1.2.3'],
    ['a fraction', '0.5', 0.5],
    ['a negative number', '-3', -3],
    ['zero', '0', 0],
    ['nothing', '~', null],
    ['quotes keep text', '"0644"', '0644'],
  ])('%s: %s', (_name, written, value) => {
    const [object] = parseManifest(`kind: K\napiVersion: v1\nmetadata: {name: x}\nvalue: ${written}\n`);
    expect(object?.body['value']).toEqual(value);
  });
});

test('empty documents and notes are skipped, lists are taken apart', () => {
  const objects = parseManifest(
    '---\n# only a comment\n---\nkind: List\napiVersion: v1\nitems:\n  - {kind: A, apiVersion: v1, metadata: {name: a}}\n  - {kind: B, apiVersion: g/v1, metadata: {name: b, namespace: other}}\n---\n- stray\n',
  );
  expect(objects.map(describeObject)).toEqual(['A/a', 'B/b in other']);
});

test('an object is the same in another version of its API, and another one in another group', () => {
  const keyOf = (apiVersion: string): string | undefined =>
    parseManifest(`{kind: Ingress, apiVersion: ${apiVersion}, metadata: {name: a}}`).map(objectKey)[0];
  expect(keyOf('networking.k8s.io/v1')).toBe(keyOf('networking.k8s.io/v1beta1'));
  expect(keyOf('networking.k8s.io/v1')).not.toBe(keyOf('extensions/v1beta1'));
});

test('a path that ends early leads nowhere', () => {
  expect(at({ a: { b: [1] } }, 'a', 'b', 'c')).toBeUndefined();
  expect(at({ a: { b: 1 } }, 'a', 'b')).toBe(1);
});
