// Objects quoted in error messages: a Secret's data must not be printed, and nothing else may be lost.

import { describe, expect, test } from '@jest/globals';
import { hideSecretObjects, hideSecretObjectsIn } from '../../src/values/secret-objects.ts';

const object = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data: { password: 'aHVudGVyMg==' } });

describe('hideSecretObjects', () => {
  test.each([
    ['a plain object', `patch failed: ${object}: refused`],
    ['an object inside a Go-quoted string', `Invalid value: ${JSON.stringify(object)}: field is immutable`],
    ['an object quoted twice', `x ${JSON.stringify(JSON.stringify(object))} y`],
    ['an object that was cut', object.slice(0, -2)],
    [
      'an object whose beginning is gone',
      object.slice(30).replace('"data"', '"kind":"Secret","data"').replaceAll('{', ''),
    ],
  ])('%s is hidden', (_, line) => {
    expect(hideSecretObjects(line)).not.toContain('aHVudGVyMg');
  });

  test('what stands around it stays', () => {
    expect(hideSecretObjects(`patch failed: ${object}: refused`)).toBe(
      'patch failed: {a Secret object, hidden}: refused',
    );
  });

  test.each(['Error: kind Secret is not known', '{"kind":"ConfigMap","data":{"a":"b"}}', 'plain'])(
    '%j stays as it is',
    (line) => {
      expect(hideSecretObjects(line)).toBe(line);
    },
  );
});

test('a pretty-printed Secret is hidden as a whole', () => {
  const pretty = JSON.stringify(JSON.parse(object), undefined, 2);
  expect(hideSecretObjectsIn(pretty)).toBe('(output with a Secret object, hidden)');
});
