// Makes a snapshot of what is live now, for whoever verified it or vouches for it.

import { randomBytes } from 'node:crypto';
import type { Json } from '../values/json.ts';
import type { Reading } from '../values/version.ts';
import type { Snapshot } from './ledger.ts';

const keptImages = 20;

export type SnapshotFacts = Omit<Snapshot, 'id' | 'at' | 'components'> & {
  readonly now: Date;
  /** By component. */
  readonly readings: ReadonlyMap<string, { readonly kind: string; readonly reading: Reading }>;
};

export function snapshotOf({ now, readings, ...facts }: SnapshotFacts): Snapshot {
  const at = now.toISOString();
  const stamp = at
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return {
    id: `S-${stamp}-${randomBytes(2).toString('hex')}`,
    at,
    ...facts,
    components: Object.fromEntries(
      [...readings].map(([name, { kind, reading }]) => {
        const { id, label, digest } = reading.version;
        const images = imagesIn(reading);
        const known = images.length === 0 ? {} : { images: [...images] };
        return [name, { kind, version: id, label, digest, ...known }];
      }),
    ),
  };
}

/**
 * Images by digest: as what is live names them, and as its pods ran them. A tag says nothing about what ran, because it may
 * mean something else by now; so without a digest there is no image.
 */
function imagesIn({ facts }: Reading): readonly string[] {
  const found = textsIn(facts).filter((text) => /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(text));
  return [...new Set(found)].sort().slice(0, keptImages);
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
