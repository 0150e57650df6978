// The `version` check: what a service says, what pods run, and mixtures of both.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeVersions } from '../../src/checks/version/judge.ts';
import { runningImages } from '../../src/checks/version/running-images.ts';
import { version } from '../../src/checks/version.ts';
import type { Json, JsonObject } from '../../src/values/json.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

type PodLike = {
  readonly image?: string;
  readonly imageID?: string;
  readonly deleted?: boolean;
  readonly phase?: string;
  readonly sidecar?: string;
};

function podOf(each: PodLike, index: number): JsonObject {
  const image = each.image ?? 'shop/api:2.1';
  return {
    metadata: {
      name: `api-${index}`,
      ...(each.deleted === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      containers: [
        ...(each.sidecar === undefined ? [] : [{ name: 'proxy', image: each.sidecar }]),
        { name: 'api', image },
      ],
    },
    status: {
      phase: each.phase ?? 'Running',
      containerStatuses: [{ name: 'api', image, imageID: each.imageID ?? '' }],
    },
  };
}

describe('the images of pods', () => {
  const cases: readonly {
    name: string;
    pods: readonly PodLike[];
    question?: Partial<Parameters<typeof runningImages>[2]>;
    expect: string;
    state: string;
    evidence?: RegExp;
  }[] = [
    { name: 'one version', pods: [{}, {}], expect: '2.1', state: 'pass', evidence: /version 2\.1, 2 times$/ },
    {
      name: 'another version',
      pods: [{}],
      expect: '2.2',
      state: 'fail',
      evidence: /expected "2.2", found "2.1"/,
    },
    {
      name: 'a mixture, though most are right',
      pods: [{}, {}, { image: 'shop/api:2.0' }],
      expect: '2.1',
      state: 'fail',
      evidence: /several versions at once: 2\.1 \(2 of 3\), 2\.0 \(1 of 3\)/,
    },
    {
      name: 'a pod on its way out is none',
      pods: [{}, { image: 'shop/api:2.0', deleted: true }],
      expect: '2.1',
      state: 'pass',
    },
    {
      name: 'an evicted pod is none',
      pods: [{}, { image: 'shop/api:2.0', phase: 'Failed' }],
      expect: '2.1',
      state: 'pass',
    },
    { name: 'no pods are no data', pods: [], expect: '2.1', state: 'inconclusive' },
    {
      name: 'only pods on their way out are no data',
      pods: [{ deleted: true }],
      expect: '2.1',
      state: 'inconclusive',
    },
    {
      name: 'the port of a registry is no tag',
      pods: [{ image: 'registry.local:5000/api:2.1' }],
      expect: '2.1',
      state: 'pass',
    },
    {
      name: 'without a tag it is latest',
      pods: [{ image: 'registry.local:5000/api' }],
      expect: 'latest',
      state: 'pass',
    },
    {
      name: 'a tag before a digest is the tag',
      pods: [{ image: `api:2.1@${digest('a')}` }],
      expect: '2.1',
      state: 'pass',
    },
    {
      name: 'a digest alone has no tag',
      pods: [{ image: `api@${digest('a')}` }],
      expect: '2.1',
      state: 'error',
      evidence: /set `compare: digest`/,
    },
    {
      name: 'the digest that runs counts, whatever the tag says',
      pods: [{ imageID: `docker-pullable://shop/api@${digest('b')}` }, { imageID: digest('b') }],
      question: { compare: 'digest' },
      expect: digest('b'),
      state: 'pass',
    },
    {
      name: 'a moved tag is a mixture',
      pods: [{ imageID: digest('a') }, { imageID: digest('b') }],
      question: { compare: 'digest' },
      expect: digest('b'),
      state: 'fail',
    },
    {
      name: 'a container that has not started runs no digest yet',
      pods: [{}],
      question: { compare: 'digest' },
      expect: digest('b'),
      state: 'inconclusive',
    },
    {
      name: 'one of several containers has to be named',
      pods: [{ sidecar: 'proxy:9' }],
      expect: '2.1',
      state: 'error',
      evidence: /set `container` to one of proxy, api/,
    },
    {
      name: 'the named one counts',
      pods: [{ sidecar: 'proxy:9' }],
      question: { container: 'api' },
      expect: '2.1',
      state: 'pass',
    },
    {
      name: 'a name that is wrong is an error',
      pods: [{}],
      question: { container: 'web' },
      expect: '2.1',
      state: 'error',
      evidence: /has no container web/,
    },
  ];
  test.each(cases)('$name', (each) => {
    const question = { container: undefined, compare: 'tag' as const, ...each.question };
    const seen = runningImages('deployment/api', each.pods.map(podOf), question);
    const judged = judgeVersions(seen, each.expect);
    expect([judged.state, judged.evidence]).toEqual([
      each.state,
      expect.stringMatching(each.evidence ?? /./),
    ]);
  });
});

describe('what a service says', () => {
  let world: TestWorld;
  let server: Server;
  let base = '';
  let answers: string[] = [];
  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    server = createServer((request, response) => {
      const said = answers.length > 1 ? answers.shift() : answers[0];
      if (request.url === '/down') return void response.writeHead(503).end('2.1');
      response.setHeader('X-Version', said ?? '');
      response.end(request.url === '/text' ? `${said}\n` : JSON.stringify({ build: { version: said } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const cases: readonly {
    name: string;
    answers: readonly string[];
    path?: string;
    with?: Record<string, Json>;
    state: string;
    evidence?: RegExp;
  }[] = [
    {
      name: 'JSON',
      answers: ['2.1'],
      with: { json: '.build.version' },
      state: 'pass',
      evidence: /version 2\.1$/,
    },
    { name: 'JSON, another version', answers: ['2.0'], with: { json: 'build.version' }, state: 'fail' },
    { name: 'a header', answers: ['2.1'], with: { header: 'x-version' }, state: 'pass' },
    {
      name: 'a header that is not there',
      answers: ['2.1'],
      with: { header: 'x-none' },
      state: 'error',
      evidence: /no header x-none/,
    },
    { name: 'a text', answers: ['2.1'], path: '/text', state: 'pass' },
    {
      name: 'a text that looks like another number',
      answers: ['2.10'],
      path: '/text',
      state: 'fail',
      evidence: /version 2\.10/,
    },
    {
      name: 'a path that is not there',
      answers: ['2.1'],
      with: { json: '.version' },
      state: 'error',
      evidence: /no text at \.version/,
    },
    {
      name: 'a page that is no version',
      answers: ['2.1'],
      path: '/page',
      state: 'error',
      evidence: /say with `json` or `header`/,
    },
    { name: 'a version in an error', answers: ['2.1'], path: '/down', state: 'fail', evidence: /503/ },
    {
      name: 'five answers that agree',
      answers: ['2.1'],
      with: { repeat: 5, json: 'build.version' },
      state: 'pass',
      evidence: /5 times/,
    },
    {
      name: 'five answers of which one differs',
      answers: ['2.1', '2.1', '2.0', '2.1'],
      with: { repeat: 5, json: 'build.version' },
      state: 'fail',
      evidence: /2\.1 \(4 of 5\), 2\.0 \(1 of 5\)/,
    },
  ];
  test.each(cases)('$name', async (each) => {
    answers = [...each.answers];
    const settings = { url: `${base}${each.path ?? '/version'}`, expect: '== 2.1', ...each.with };
    const measured = await version.measure(world.context(), version.schema.parse(settings));
    expect([measured.state, measured.evidence]).toEqual([
      each.state,
      expect.stringMatching(each.evidence ?? /./),
    ]);
  });

  test('that nobody answers fails', async () => {
    const settings = { url: 'http://127.0.0.1:1/', expect: '2.1' };
    expect(await version.measure(world.context(), version.schema.parse(settings))).toMatchObject({
      state: 'fail',
      evidence: expect.stringContaining('refused'),
    });
  });

  test.each([
    [{ expect: '1' }, ''],
    [{ url: 'http://x/', workload: 'deployment/a', expect: '1' }, ''],
    [{ url: 'http://x/', container: 'a', expect: '1' }, 'container'],
    [{ workload: 'deployment/a', json: 'a', expect: '1' }, 'json'],
    [{ url: 'http://x/', json: 'a', header: 'b', expect: '1' }, 'header'],
    [{ url: 'http://x/' }, 'expect'],
  ])('settings %j are refused at %s', (settings, path) => {
    const issues = version.schema.safeParse(settings).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});

test('no version can’t be expected: an expression that finds nothing blames no deploy', () => {
  const read = version.schema.safeParse({ workload: 'deployment/api', expect: null });
  expect(read.error?.issues.map(({ message }) => message)).toEqual([
    'says no version: what it refers to is not there',
  ]);
});
