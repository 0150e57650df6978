// Helm's own record of one revision, as it lies in a Secret or ConfigMap named `sh.helm.release.v1.<release>.v<n>`:
// gzip inside base64 (inside base64 once more in a Secret). What is parsed here is what the rest decides on.

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import { at } from './manifest.ts';

export type HelmHook = {
  readonly name: string;
  readonly kind: string;
  readonly events: readonly string[];
  readonly weight: number;
  readonly manifest: string;
  readonly failed: boolean;
};

/** One revision of a release. `manifest`, hooks and description may hold secrets: digests leave this module, texts don't. */
export type HelmRevision = {
  readonly readable: true;
  readonly revision: number;
  readonly status: string;
  readonly description: string;
  /** When the operation that made it began, RFC 3339 UTC. */
  readonly at: string | undefined;
  readonly chart: string;
  readonly appVersion: string | undefined;
  readonly manifest: string;
  readonly hooks: readonly HelmHook[];
  /** How this revision was put to the server; a rollback *to* it uses the same way. */
  readonly applyMethod: 'client' | 'server';
  /** What the user gave, and the chart's own defaults. Both may hold secrets. */
  readonly values: JsonObject;
  readonly chartValues: JsonObject;
  /** Files below the chart's `crds/`, which Helm installs once and never changes again, with a digest of each. */
  readonly crdFiles: readonly { readonly name: string; readonly digest: string }[];
};

/** A revision that is listed but can't be decoded: it exists, and nobody can go there. */
export type UnreadableRevision = {
  readonly readable: false;
  readonly revision: number;
  readonly problem: string;
};

export type StoredRevision = HelmRevision | UnreadableRevision;

const hook = z.object({
  name: z.string(),
  kind: z.string().default(''),
  manifest: z.string().default(''),
  events: z.array(z.string()).nullish(),
  weight: z.number().nullish(),
  last_run: z.object({ phase: z.string().nullish() }).nullish(),
});

const record = z.object({
  version: z.number().int().positive(),
  manifest: z.string().default(''),
  apply_method: z.string().nullish(),
  info: z.object({
    status: z.string(),
    description: z.string().default(''),
    last_deployed: z.string().nullish(),
  }),
  chart: z
    .object({
      metadata: z
        .object({ name: z.string(), version: z.string().default(''), appVersion: z.string().nullish() })
        .nullish(),
      values: z.record(z.string(), z.json()).nullish(),
      files: z.array(z.object({ name: z.string(), data: z.string().nullish() })).nullish(),
    })
    .nullish(),
  config: z.record(z.string(), z.json()).nullish(),
  hooks: z.array(hook).nullish(),
});

const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);
const maxRecordBytes = 64 * 1024 * 1024;

/** Reads one storage object. A damaged one is an answer too, because the other revisions are still of use. */
export function readStoredRevision(stored: JsonObject): StoredRevision {
  const revision = Number(at(stored, 'metadata', 'labels', 'version'));
  const data = at(stored, 'data', 'release');
  try {
    const encoded = typeof data === 'string' ? data : '';
    const inner = stored['kind'] === 'Secret' ? Buffer.from(encoded, 'base64').toString('latin1') : encoded;
    return fromRecord(record.parse(decodeRecord(inner)));
  } catch (thrown) {
    // The parser's message could quote the record, and the record holds secrets: only its kind of trouble is told.
    const problem = thrown instanceof z.ZodError ? pathsOf(thrown) : 'it is not gzipped JSON in base64';
    return { readable: false, revision: Number.isInteger(revision) ? revision : 0, problem };
  }
}

function decodeRecord(text: string): unknown {
  const bytes = Buffer.from(text, 'base64');
  // Releases from the first days of Helm 3 may be stored without compression.
  const zipped = bytes.subarray(0, 3).equals(gzipMagic);
  const plain = zipped ? gunzipSync(bytes, { maxOutputLength: maxRecordBytes }) : bytes;
  return JSON.parse(plain.toString('utf8'));
}

function fromRecord(parsed: z.infer<typeof record>): HelmRevision {
  const metadata = parsed.chart?.metadata;
  return {
    readable: true,
    revision: parsed.version,
    status: parsed.info.status,
    description: parsed.info.description,
    at: utc(parsed.info.last_deployed),
    chart:
      metadata === null || metadata === undefined ? 'chart unknown' : `${metadata.name}-${metadata.version}`,
    appVersion: metadata?.appVersion || undefined,
    manifest: parsed.manifest,
    hooks: (parsed.hooks ?? []).map((each) => ({
      name: each.name,
      kind: each.kind,
      events: each.events ?? [],
      weight: each.weight ?? 0,
      manifest: each.manifest,
      failed: each.last_run?.phase === 'Failed',
    })),
    applyMethod: parsed.apply_method === 'ssa' ? 'server' : 'client',
    values: parsed.config ?? {},
    chartValues: parsed.chart?.values ?? {},
    crdFiles: (parsed.chart?.files ?? [])
      .filter(({ name }) => name.startsWith('crds/'))
      .map(({ name, data }) => ({
        name,
        digest: createHash('sha256')
          .update(data ?? '')
          .digest('hex'),
      })),
  };
}

/** Helm 3 writes the zone of the machine that ran it; `0001-01-01` stands for "never". */
function utc(text: string | null | undefined): string | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1970 ? undefined : date.toISOString();
}

function pathsOf(error: z.ZodError): string {
  return `unexpected content at ${error.issues.map((issue) => issue.path.join('.')).join(', ')}`;
}

/** Every value of the Secrets in a manifest, so that texts which might quote them can be redacted. */
export function secretValuesOf(
  objects: readonly { readonly kind: string; readonly body: JsonObject }[],
): readonly string[] {
  return objects.flatMap(({ kind, body }) => {
    if (kind !== 'Secret') return [];
    const encoded = stringsOf(body['data']).map((value) => Buffer.from(value, 'base64').toString('utf8'));
    return [...encoded, ...stringsOf(body['stringData'])];
  });
}

function stringsOf(value: Json | undefined): readonly string[] {
  return isJsonObject(value) ? Object.values(value).filter((each) => typeof each === 'string') : [];
}
