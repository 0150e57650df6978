// What a service is called in the names of the objects that hold its state.

import { createHash } from 'node:crypto';
import { labelPattern } from './names.ts';

const longestReadable = 40;

/**
 * A part of a Kubernetes object's name (RFC 1123: small letters, digits, dashes), at most 63 characters. A service that
 * is one already stays as it is; of any other a digest tells it apart from those that look alike: `Shop.API` →
 * `shop-api-4c1b9d02f7`.
 */
export function stateName(service: string): string {
  if (labelPattern.test(service)) return service;
  const digest = createHash('sha256').update(service).digest('hex').slice(0, 10);
  const readable = service
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longestReadable)
    .replace(/^-+|-+$/g, '');
  return readable === '' ? `service-${digest}` : `${readable}-${digest}`;
}
