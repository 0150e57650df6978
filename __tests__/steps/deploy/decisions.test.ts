// What can be said about a deploy without a cluster: settings, owners, what counts as "put out", and what is shown.

import { describe, expect, test } from '@jest/globals';
import { judgeNewest, keepHistory, markOf, probeNewest } from '../../../src/steps/deploy/helm-history.ts';
import type { LiveWorkload } from '../../../src/steps/deploy/live-workload.ts';
import { ownerOf } from '../../../src/steps/deploy/managed-elsewhere.ts';
import { manifestDiff, readableKubectlDiff } from '../../../src/steps/deploy/manifest-diff.ts';
import { deploySchema } from '../../../src/steps/deploy/settings.ts';
import { containerOf } from '../../../src/steps/deploy/workload-image.ts';
import { judgeRevisions } from '../../../src/steps/deploy/workload-revision.ts';
import { deploy } from '../../../src/steps/deploy.ts';
import type { Json, JsonObject } from '../../../src/values/json.ts';

describe('settings', () => {
  const helm = { release: 'web', chart: './chart' };
  const cases: readonly { name: string; settings: Record<string, Json>; path: string | undefined }[] = [
    { name: 'a chart', settings: { helm }, path: undefined },
    { name: 'a revision', settings: { helm: { release: 'web', revision: 2 } }, path: undefined },
    { name: 'nothing at all', settings: {}, path: '' },
    { name: 'two things at once', settings: { helm, manifest: 'a.yaml' }, path: '' },
    { name: 'neither chart nor revision', settings: { helm: { release: 'web' } }, path: 'helm.chart' },
    { name: 'chart and revision', settings: { helm: { ...helm, revision: 2 } }, path: 'helm.revision' },
    {
      name: 'values for a revision',
      settings: { helm: { release: 'web', revision: 2, set: { a: 1 } } },
      path: 'helm.revision',
    },
    {
      name: 'a chart that looks like an option',
      settings: { helm: { ...helm, chart: '--post-renderer=x' } },
      path: 'helm.chart',
    },
    {
      name: 'a chart from anywhere',
      settings: { helm: { ...helm, chart: 'https://x/c.tgz' } },
      path: 'helm.chart',
    },
    {
      name: 'two values in one path',
      settings: { helm: { ...helm, set: { 'a=1,b': 2 } } },
      path: 'helm.set.a=1,b',
    },
    {
      name: 'values from outside',
      settings: { helm: { ...helm, values: ['../x.yaml'] } },
      path: 'helm.values.0',
    },
    {
      name: 'a path that Helm would split',
      settings: { helm: { ...helm, values: ['x,y.yaml'] } },
      path: 'helm.values.0',
    },
    {
      name: 'a number that was rounded',
      settings: { helm: { ...helm, set: { id: 9_007_199_254_740_992 } } },
      path: 'helm.set.id',
    },
    { name: 'a range of versions', settings: { helm: { ...helm, version: '^1.0' } }, path: 'helm.version' },
    {
      name: 'an image',
      settings: { workload: { name: 'deployment/a', image: 'r.example/a:1' } },
      path: undefined,
    },
    {
      name: 'an image that looks like an option',
      settings: { workload: { name: 'deployment/a', image: '--all' } },
      path: 'workload.image',
    },
    {
      name: 'a revision of what keeps no numbers',
      settings: { workload: { name: 'statefulset/a', revision: 2 } },
      path: 'workload.revision',
    },
    { name: 'a manifest by an absolute path', settings: { manifest: '/etc/x.yaml' }, path: 'manifest' },
  ];
  test.each(cases)('$name', ({ settings, path }) => {
    expect(deploy.schema.safeParse(settings).error?.issues[0]?.path.join('.')).toBe(path);
  });
});

describe('a revision of Helm', () => {
  const place = { release: 'web', namespace: 'shop' };
  const line = (status: string, description: string) => ({
    revision: 5,
    status,
    chart: 'app-1',
    description,
  });
  test.each([
    ['deployed', 'ours', 'verified', 'done', undefined],
    ['deployed', 'Upgrade complete', 'failed', 'not-done', undefined],
    ['failed', 'Upgrade "web" failed: x', 'failed', 'unknown', true],
    ['pending-upgrade', 'Preparing upgrade', 'progressing', 'unknown', true],
  ] as const)(
    'that is %s with "%s" is %s, and after a crash %s',
    (status, description, state, probed, final) => {
      expect(judgeNewest(place, line(status, description), 'ours').state).toBe(state);
      const probe = probeNewest(place, line(status, description), 'ours');
      expect([probe.state, probe.final]).toEqual([probed, final]);
    },
  );

  test('is known by its incident and by what was asked', () => {
    const settings = (version: string) =>
      deploySchema.parse({ helm: { release: 'web', chart: 'c', set: { version } } }).helm;
    const [one, two] = [settings('1'), settings('2')];
    if (one === undefined || two === undefined) throw new Error('not parsed');
    const marks = [markOf('INC-1', one), markOf('INC-1', two), markOf('INC-2', one), markOf('INC-1', one)];
    expect(new Set(marks).size).toBe(3);
    expect(marks[0]).toBe(marks[3]);
  });

  test('pushes none out of the history', () => {
    const lines = (count: number) => Array.from({ length: count }, () => line('superseded', ''));
    expect(keepHistory(lines(9))).toEqual([]);
    expect(keepHistory(lines(10))).toEqual(['--history-max', '11']);
  });
});

describe('an object', () => {
  const cases: readonly { name: string; metadata: JsonObject; who: string | undefined }[] = [
    { name: 'of nobody', metadata: { labels: { app: 'x' } }, who: undefined },
    {
      name: 'of Helm',
      metadata: { annotations: { 'meta.helm.sh/release-name': 'web' } },
      who: 'the Helm release web',
    },
    {
      name: 'of Flux, which uses Helm',
      metadata: {
        labels: { 'helm.toolkit.fluxcd.io/name': 'web' },
        annotations: { 'meta.helm.sh/release-name': 'web' },
      },
      who: 'Flux (web)',
    },
    {
      name: 'of Argo CD',
      metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' } },
      who: 'Argo CD (application shop)',
    },
    {
      name: 'of an operator',
      metadata: { ownerReferences: [{ kind: 'Database', name: 'main', controller: true, uid: '1' }] },
      who: 'Database/main',
    },
  ];
  test.each(cases)('$name is known by its marks', ({ metadata, who }) => {
    expect(ownerOf({ metadata })?.who).toBe(who);
  });
});

describe('a container', () => {
  const live = (containers: readonly string[], more: readonly string[] = []): LiveWorkload => ({
    name: 'deployment/a',
    uid: '1',
    paused: false,
    generation: 1,
    images: new Map([...containers, ...more].map((name) => [name, 'x:1'])),
    containers,
    revision: '1',
  });
  test.each([
    [['app'], undefined, 'app'],
    [['app', 'proxy'], 'proxy', 'proxy'],
    [['app'], 'setup', 'setup'],
  ] as const)('of %j, asked for %s, is %s', (containers, wanted, expected) => {
    expect(containerOf(live(containers, ['setup']), wanted)).toBe(expected);
  });
  test.each([
    [['app', 'proxy'], undefined],
    [['app'], 'deployment'],
  ] as const)('of %j, asked for %s, is refused with those there are', (containers, wanted) => {
    expect(() => containerOf(live(containers), wanted)).toThrow(/containers|no container/);
  });
});

test.each([
  [[{ revision: 4, earlier: [2], images: ['app: x:1'] }], 2, 'verified'],
  [[{ revision: 2, earlier: [], images: ['app: x:1'] }], 2, 'verified'],
  [[{ revision: 3, earlier: [1], images: ['app: x:3'] }], 2, 'progressing'],
  [[], 2, 'progressing'],
] as const)('of revisions %j, %i is %s', (revisions, revision, state) => {
  expect(judgeRevisions('deployment/a', revisions, revision).state).toBe(state);
});

describe('what is shown', () => {
  const secret = (value: string): string =>
    `# Source: app/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { p: ${value} }\n`;
  const map = (value: string): string => `apiVersion: v1\nkind: ConfigMap\ndata: { a: ${value} }\n`;

  test('is the difference, and of a Secret only that there is one', () => {
    const diff = manifestDiff(
      `---\n${map('one')}---\n${secret('hunter2')}`,
      `---\n${map('two')}---\n${secret('hunter3')}`,
    );
    expect(diff).toContain('-data: { a: one }');
    expect(diff).toContain('+data: { a: two }');
    expect(diff).toContain('its content is not shown, and is another one');
    expect(diff).not.toContain('hunter');
    expect(manifestDiff(`---\n${secret('same')}`, `---\n${secret('same')}`)).toBe('');
  });

  test.each([
    ['apiVersion: v1\nkind: "Secret"\ndata: { p: aHVudGVyMg== }', 'aHVudGVyMg'],
    ['{"apiVersion":"v1","kind":"Secret","data":{"p":"aHVudGVyMg=="}}', 'aHVudGVyMg'],
    ['kind: List\nitems:\n  - kind: Secret\n    stringData: { p: hunter2 }', 'hunter2'],
  ])('of a Secret written as %j is nothing', (document, value) => {
    expect(manifestDiff('', `---\n${document}\n`)).not.toContain(value);
  });

  test('of kubectl diff is what changes, without its file names, copies and Secrets', () => {
    const text = [
      'diff -u -N /tmp/LIVE-1/v1.ConfigMap.shop.flags /tmp/MERGED-2/v1.ConfigMap.shop.flags',
      '--- /tmp/LIVE-1/v1.ConfigMap.shop.flags\t2026-01-01',
      '+++ /tmp/MERGED-2/v1.ConfigMap.shop.flags\t2026-01-01',
      '@@ -1 +1 @@',
      '-  broken: "no"',
      '+  broken: "yes"',
      'diff -u -N /tmp/LIVE-1/v1.Secret.shop.flags /tmp/MERGED-2/v1.Secret.shop.flags',
      '--- /tmp/LIVE-1/v1.Secret.shop.flags\t2026-01-01',
      '+++ /tmp/MERGED-2/v1.Secret.shop.flags\t2026-01-01',
      '@@ -1 +1 @@',
      '+  password: aHVudGVyMg==',
      '',
    ].join('\n');
    const shown = readableKubectlDiff(text);
    expect(shown).toContain(
      '--- live v1.ConfigMap.shop.flags\n+++ after v1.ConfigMap.shop.flags\n@@ -1 +1 @@\n-  broken: "no"',
    );
    expect(shown).toContain('# v1.Secret.shop.flags: a Secret, its content is not shown');
    expect(shown).not.toMatch(/aHVudGVyMg|\/tmp\//);
    expect(readableKubectlDiff('')).toBe('');
  });
});
