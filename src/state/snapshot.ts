// Makes a snapshot of what is live now, for whoever verified it or vouches for it.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Reading } from '../values/version.ts';
import type { Snapshot } from './ledger.ts';

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

/** Only images by digest say what ran; a tag may mean something else by now. */
function imagesIn({ facts }: Reading): readonly string[] {
  const told = z.array(z.string()).safeParse(facts['images']);
  return told.success ? told.data.filter((image) => /@sha256:[0-9a-f]{64}$/.test(image)).slice(0, 20) : [];
}
