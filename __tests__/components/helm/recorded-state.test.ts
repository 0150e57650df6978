// What Helm's records alone decide: the probe after a crash, and the first half of verification.

import { describe, expect, test } from '@jest/globals';
import type { HelmRelease } from '../../../src/components/helm/release-store.ts';
import { contentDigest, versionOf } from '../../../src/components/helm/revision-version.ts';
import { probeRelease, verifyRecord } from '../../../src/components/helm-release.ts';
import { type SampleRevision, sampleManifest, sampleRevision } from './sample-revisions.ts';

const good = sampleRevision({ revision: 2, manifest: sampleManifest('good') });
const bad = sampleRevision({ revision: 3, manifest: sampleManifest('bad'), status: 'deployed' });
const change = { component: 'api', from: versionOf(bad), to: versionOf(good) };
const begun = '2026-11-21T10:00:00Z';

type Row = readonly [string, SampleRevision, string, string];
const rows: readonly Row[] = [
  [
    'nothing has happened',
    { revision: 3, status: 'deployed', manifest: sampleManifest('bad') },
    'not-done',
    'failed',
  ],
  [
    'the rollback is through',
    { revision: 4, status: 'deployed', description: 'Rollback to 2', manifest: sampleManifest('good') },
    'done',
    'live',
  ],
  [
    'the rollback is at work',
    { revision: 4, status: 'pending-rollback', at: begun, manifest: sampleManifest('good') },
    'unknown',
    'progressing',
  ],
  [
    'the rollback was abandoned long ago',
    { revision: 4, status: 'pending-rollback', at: '2026-11-21T09:00:00Z', manifest: sampleManifest('good') },
    'not-done',
    'progressing',
  ],
  [
    'somebody else’s upgrade is at work, however long',
    { revision: 4, status: 'pending-upgrade', at: '2026-11-21T09:00:00Z', manifest: sampleManifest('good') },
    'unknown',
    'progressing',
  ],
  [
    'the rollback failed',
    {
      revision: 4,
      status: 'failed',
      description: 'Rollback "shop" failed: conflict',
      manifest: sampleManifest('good'),
    },
    'not-done',
    'failed',
  ],
  [
    'the rollback timed out',
    {
      revision: 4,
      status: 'failed',
      description: 'Release "shop" failed: timeout',
      manifest: sampleManifest('good'),
    },
    'not-done',
    'failed',
  ],
  [
    'somebody has deployed something else',
    { revision: 4, status: 'deployed', manifest: sampleManifest('other') },
    'unknown',
    'failed',
  ],
];

describe.each(rows)('when %s', (_name, sample, probed, verified) => {
  const newest = sampleRevision(sample);
  const release: HelmRelease = {
    name: 'shop',
    namespace: 'shop',
    storage: 'secret',
    revisions: [newest, good],
  };

  test(`a probe says ${probed}`, () => {
    const nowMs = Date.parse('2026-11-21T10:01:00Z');
    expect(probeRelease({ release, newest, change, nowMs, longestRunMs: 330_000 }).state).toBe(probed);
  });

  test(`verification ${verified === 'live' ? 'goes on to the live objects' : `says ${verified}`}`, () => {
    expect(verifyRecord(newest, change)?.state ?? 'live').toBe(verified);
  });
});

test('the digest of the pinned version is that of the record', () => {
  expect(change.to.digest).toBe(contentDigest(good));
});
