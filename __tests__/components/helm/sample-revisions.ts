// Helm records as tests need them: complete enough to be read by the real reader, and no longer than that.

import { gzipSync } from 'node:zlib';
import { type HelmRevision, readStoredRevision } from '../../../src/components/helm/release-record.ts';
import type { JsonObject } from '../../../src/values/json.ts';

export type SampleRevision = {
  readonly revision: number;
  readonly status?: string;
  readonly description?: string;
  readonly manifest?: string;
  readonly hooks?: readonly JsonObject[];
  readonly at?: string;
  readonly applyMethod?: string;
};

export const sampleManifest = (tag: string): string =>
  `---\n# Source: shop/templates/all.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: shop }\ndata: { tag: ${tag} }\n`;

/** The Secret in which Helm keeps the revision. */
export function storedRevision(sample: SampleRevision): JsonObject {
  const record = {
    name: 'shop',
    version: sample.revision,
    namespace: 'shop',
    manifest: sample.manifest ?? sampleManifest('one'),
    info: {
      status: sample.status ?? 'superseded',
      description: sample.description ?? 'Upgrade complete',
      last_deployed: sample.at ?? '2026-11-21T10:00:00.123456789+02:00',
    },
    chart: {
      metadata: { name: 'shop-api', version: '1.3.0', appVersion: '2.1.0' },
      files: [],
      values: { a: 1 },
    },
    hooks: sample.hooks ?? [],
    ...(sample.applyMethod === undefined ? {} : { apply_method: sample.applyMethod }),
  };
  const inner = gzipSync(JSON.stringify(record)).toString('base64');
  return {
    kind: 'Secret',
    metadata: {
      name: `sh.helm.release.v1.shop.v${sample.revision}`,
      labels: { owner: 'helm', name: 'shop', version: String(sample.revision), status: record.info.status },
    },
    data: { release: Buffer.from(inner).toString('base64') },
  };
}

export function sampleRevision(sample: SampleRevision): HelmRevision {
  const read = readStoredRevision(storedRevision(sample));
  if (!read.readable) throw new Error(read.problem);
  return read;
}
