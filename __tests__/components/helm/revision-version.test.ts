// When two revisions are the same version, and what people read about one.

import { describe, expect, test } from '@jest/globals';
import { readStoredRevision } from '../../../src/components/helm/release-record.ts';
import { candidateOf, contentDigest, versionOf } from '../../../src/components/helm/revision-version.ts';
import { sampleManifest, sampleRevision, storedRevision } from './sample-revisions.ts';

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1", y: "2"}\n';
const service = 'kind: Service\napiVersion: v1\nmetadata: {name: b}\n';
const hook = {
  name: 'h',
  kind: 'Job',
  events: ['pre-rollback'],
  weight: 1,
  manifest: service,
  failed: false,
};
const digest = (manifest: string, hooks = [hook]): string => contentDigest({ manifest, hooks });

describe('two revisions have the same digest', () => {
  test.each([
    ['if documents come in another order', `${configMap}---\n${service}`, `${service}---\n${configMap}`],
    [
      'if keys come in another order',
      configMap,
      'kind: ConfigMap\napiVersion: v1\ndata: {y: "2", x: "1"}\nmetadata: {name: a}\n',
    ],
    ['if comments differ', configMap, `# Source: a.yaml\n${configMap}`],
    ['if one is written in another style', configMap, configMap.replace('{name: a}', '\n  name: "a"')],
  ])('%s', (_name, one, other) => {
    expect(digest(one)).toBe(digest(other));
  });
});

describe('two revisions have different digests', () => {
  test.each([
    ['if a value differs', configMap, configMap.replace('"1"', '"3"')],
    ['if a value has another type', configMap, configMap.replace('"1"', '1')],
    ['if a document is missing', `${configMap}---\n${service}`, configMap],
    ['if one is not YAML at all', configMap, 'a: [1'],
  ])('%s', (_name, one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });

  test('if hooks differ in what or when they run', () => {
    expect(digest(configMap, [])).not.toBe(digest(configMap));
    expect(digest(configMap, [{ ...hook, events: ['post-rollback'] }])).not.toBe(digest(configMap));
    expect(digest(configMap, [{ ...hook, failed: true }])).toBe(digest(configMap));
  });
});

test('a version is labelled with chart and app', () => {
  expect(versionOf(sampleRevision({ revision: 7 }))).toEqual({
    id: '7',
    label: 'revision 7 (shop-api-1.3.0, app 2.1.0)',
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    at: '2026-11-21T08:00:00.123Z',
  });
});

test('a damaged record is a candidate that is gone, and nothing of its content is told', () => {
  const damaged = {
    ...storedRevision({ revision: 3 }),
    data: { release: Buffer.from('secret stuff').toString('base64') },
  };
  const read = readStoredRevision(damaged);
  expect(candidateOf(read, [read])).toMatchObject({
    id: '3',
    standing: 'gone',
    label: 'revision 3 (unreadable)',
  });
  expect(JSON.stringify(candidateOf(read, [read]))).not.toContain('stuff');
});

test('Helm 4 records how a revision was applied; without that word it was the client’s way', () => {
  expect(sampleRevision({ revision: 1, applyMethod: 'ssa' }).applyMethod).toBe('server');
  expect(sampleRevision({ revision: 1, applyMethod: 'csa' }).applyMethod).toBe('client');
  expect(sampleRevision({ revision: 1 }).applyMethod).toBe('client');
});

test('a manifest of an empty chart has a digest, too', () => {
  expect(digest('', [])).not.toBe(digest(sampleManifest('one'), []));
});
