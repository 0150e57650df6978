// Whatever a service may be called, its state has a name that Kubernetes takes, and no two services share one.

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { labelPattern, namePattern } from '../../src/values/names.ts';
import { stateName } from '../../src/values/state-name.ts';

test.each([
  ['shop', 'shop'],
  ['shop-2--x', 'shop-2--x'],
  ['Shop.API', /^shop-api-[0-9a-f]{10}$/],
  ['shop-api', 'shop-api'],
  ['shop_', /^shop-[0-9a-f]{10}$/],
  ['A'.repeat(63), /^a{40}-[0-9a-f]{10}$/],
])('%s → %s', (service, expected) => {
  if (typeof expected === 'string') expect(stateName(service)).toBe(expected);
  else expect(stateName(service)).toMatch(expected);
});

test('every service has a name of its own', () => {
  const service = fc.stringMatching(namePattern);
  fc.assert(
    fc.property(service, service, (one, other) => {
      expect(stateName(one)).toMatch(labelPattern);
      expect(stateName(one) === stateName(other)).toBe(one === other);
    }),
  );
  expect(stateName('shop.api')).not.toBe(stateName('shop_api'));
  expect(stateName('---')).toMatch(/^service-/);
});
