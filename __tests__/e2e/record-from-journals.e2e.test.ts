// What a report makes of journals that came back from an artifact, and of a plan that it can't have. Forge, git and
// bundle are real; no cluster is needed, because the plan has none.

import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(120_000);

const parts = await partsForTests(['gitea', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

const plan = (comment: string): string => `# ${comment}
version: 1
service: shop
records: { incidents: incidents, publish: commit }
components:
  config: { uses: config-tag, with: { paths: [config/], tags: "v*", branch: main } }
`;
const content = z.looseObject({ content: z.string() });

describeReal('a report', () => {
  let forge: Forge;
  let folder = '';
  let scenes = 0;
  let repository: Repository;
  let clone = '';

  beforeAll(async () => {
    forge = await sharedForge();
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-e2e-'));
  });
  afterAll(async () => {
    await forge?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  const git = (...args: readonly string[]): string =>
    execFileSync(
      'git',
      ['-C', clone, '-c', 'user.name=dev', '-c', 'user.email=dev@example.invalid', ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  const commit = async (text: string, tag?: string, planText?: string): Promise<void> => {
    await mkdir(join(clone, 'config'), { recursive: true });
    await writeFile(join(clone, 'config/app'), `${text}\n`);
    if (planText !== undefined) await writeFile(join(clone, 'rollback.yml'), planText);
    git('add', '--all');
    git('commit', '--quiet', '--message', text);
    if (tag !== undefined) git('tag', tag);
  };
  /** v1, v2 and v3 on main; v3 is live. */
  beforeEach(async () => {
    scenes += 1;
    repository = await forge.createRepository(`journals-${scenes}`, { private: true });
    clone = join(folder, `clone-${scenes}`);
    execFileSync('git', ['clone', '--quiet', forge.cloneUrl(repository), clone], { stdio: 'ignore' });
    await commit('one', 'v1', plan('main'));
    await commit('two', 'v2');
    await commit('bad', 'v3');
    git('push', '--quiet', 'origin', 'HEAD:main', '--tags');
  });

  const newTemp = (): Promise<string> => mkdtemp(join(folder, 'temp-'));
  const run = (temp: string, inputs: Readonly<Record<string, string>>): Promise<ActionRun> =>
    runAction({
      workspace: clone,
      temp,
      inputs: { plan: 'rollback.yml', incident: 'INC-7', token: forge.adminToken, ...inputs },
      env: {
        GITHUB_API_URL: forge.apiUrl,
        GITHUB_SERVER_URL: forge.url,
        GITHUB_REPOSITORY: repository.fullName,
      },
    });
  const press = async (temp: string, inputs: Readonly<Record<string, string>> = {}): Promise<void> => {
    const pressed = await run(temp, { mode: 'rollback', to: 'previous', publish: 'none', ...inputs });
    expect(verdictOf(pressed)).toBe('rolled-back - exit 0');
  };
  const report = (temp: string, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    run(temp, { mode: 'report', ...inputs });
  const onMain = async (path: string): Promise<string | undefined> => {
    const { status, body } = await forge.call(
      'GET',
      `/repos/${repository.fullName}/contents/${path}?ref=main`,
    );
    return status === 200 ? Buffer.from(content.parse(body).content, 'base64').toString('utf8') : undefined;
  };
  const published = (reported: ActionRun): unknown =>
    reported.journal.findLast((event) => event['type'] === 'published');

  describe('of a run with a plan that is not on the default branch', () => {
    let temp = '';
    const ref = { 'plan-ref': 'hotfix' };
    beforeEach(async () => {
      git('checkout', '--quiet', '-b', 'hotfix');
      await commit('bad', undefined, plan('hotfix'));
      git('push', '--quiet', 'origin', 'HEAD');
      git('checkout', '--quiet', 'main');
      temp = await newTemp();
      // Each word of the journal in the repository is a push; a report is of the local one.
      await press(temp, { ...ref, override: 'untrusted-plan local-journal' });
    });

    test('publishes as the plan says when the override is handed on', async () => {
      const reported = await report(temp, { ...ref, override: 'untrusted-plan' });
      expect([verdictOf(reported), reported.outputs['incident-path']]).toEqual([
        'rolled-back - exit 0',
        'incidents/INC-7.md',
      ]);
      expect(await onMain('incidents/INC-7.md')).toContain('untrusted-plan');
    });

    test('publishes to the usual place without a plan, when it is told how', async () => {
      const reported = await report(temp, { ...ref, publish: 'commit' });
      expect(verdictOf(reported)).toBe('rolled-back - exit 0');
      expect(await onMain('incidents/INC-7.md')).toContain('untrusted-plan');
    });

    test('is red when nothing says where the record goes, and the local file is there', async () => {
      const reported = await report(temp, ref);
      expect(verdictOf(reported)).toBe('rolled-back - exit 1');
      expect(published(reported)).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
      expect(reported.outputs['incident-path']).toMatch(/incident\.md$/);
      expect(reported.incident).toContain('untrusted-plan');
      expect(await onMain('incidents/INC-7.md')).toBeUndefined();
    });

    test('is green when no record was wanted', async () => {
      expect(verdictOf(await report(temp, { ...ref, publish: 'none' }))).toBe('rolled-back - exit 0');
    });

    test.each([
      ['no token', '', 'publish-not-allowed'],
      ['a wrong token', 'not-a-token', expect.any(String)],
    ])('is red with %s', async (_title, token, code) => {
      const reported = await report(temp, { ...ref, publish: 'commit', token });
      expect(verdictOf(reported)).toBe('rolled-back - exit 1');
      expect(published(reported)).toMatchObject({ ok: false, fault: { code } });
    });
  });

  test('tells its own incident only, whatever else lies there and whatever a journal calls itself', async () => {
    const own = await newTemp();
    await press(own, { incident: 'INC-1', reason: 'the one' });
    git('pull', '--quiet', 'origin', 'main');
    const other = await newTemp();
    await press(other, { incident: 'INC-1-2', reason: 'another', to: 'config=v1' });
    await cp(join(other, 'rollback-plan/INC-1-2'), join(own, 'rollback-plan/INC-1-2'), { recursive: true });
    const forged = join(own, 'rollback-plan/artifact/INC-1');
    await cp(join(other, 'rollback-plan/INC-1-2'), forged, { recursive: true });
    const text = await readFile(join(forged, 'journal.jsonl'), 'utf8');
    await writeFile(join(forged, 'journal.jsonl'), text.replaceAll('"INC-1-2"', '"INC-99"'));

    const reported = await report(own, { incident: 'INC-1' });
    expect([verdictOf(reported), reported.outputs['incident']]).toEqual(['rolled-back - exit 0', 'INC-1']);
    const record = (await onMain('incidents/INC-1.md')) ?? '';
    expect(record).toContain('the one');
    expect(record).not.toContain('another');
    expect(record).toContain('2 journals');
    expect([await onMain('incidents/INC-99.md'), await onMain('incidents/INC-1-2.md')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('of an attempt that was run again tells both', async () => {
    const temp = await newTemp();
    for (const [attempt, to] of [
      ['9', 'config=v2'],
      ['10', 'config=v1'],
    ] as const) {
      const job = await newTemp();
      await press(job, { reason: `attempt ${attempt}`, to });
      git('pull', '--quiet', 'origin', 'main');
      const artifact = join(temp, `rollback-plan/rollback-plan-INC-7-${attempt}`);
      await cp(join(job, 'rollback-plan'), artifact, { recursive: true });
    }
    expect(verdictOf(await report(temp))).toBe('rolled-back - exit 0');
    const record = (await onMain('incidents/INC-7.md')) ?? '';
    expect(record.indexOf('attempt 9')).toBeGreaterThan(-1);
    expect(record).toContain('attempt 10');
    expect(record.match(/^\| \d{4}-\d\d-\d\dT.*\|$/gm)).toHaveLength(2);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['changes that are no list', { type: 'pinned', changes: 5, digest: 7 }],
    ['an introduction that is none', { type: 'run-started', version: 1, incident: { a: 1 } }],
    ['a fault that is a number', { type: 'run-finished', outcome: 'rolled-back', fault: 5 }],
  ])('of a journal with %s is a record all the same', async (_title, body) => {
    const temp = await newTemp();
    await mkdir(join(temp, 'rollback-plan/INC-7'), { recursive: true });
    const line = JSON.stringify({ seq: 1, at: '2026-11-21T10:00:00.000Z', elapsedMs: 1, ...body });
    await writeFile(join(temp, 'rollback-plan/INC-7/journal.jsonl'), `${line}\n`);
    const reported = await report(temp);
    expect(verdictOf(reported)).toBe('interrupted run-lost exit 0');
    expect(await onMain('incidents/INC-7.md')).toContain('line 1 of the journal');
  });
});
