// Publishing to a real forge: real rights, real protection, real races between real writers.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { RunEvent } from '../../src/events.ts';
import type { Published } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { continued, green, interrupted } from '../../tools/look/sample-journals.ts';
import { type Forge, type Repository, readOnlyScopes } from '../../tools/real-parts/forge.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { publishOn } from '../support/record-scene.ts';
import { sharedForge } from '../support/shared/parts.ts';

const parts = await partsForTests(['gitea']);
const suite = parts.ready ? describe : describe.skip;

suite('publishing to a real forge', () => {
  let forge: Forge;
  let token: string;
  let count = 0;

  beforeAll(async () => {
    forge = await sharedForge();
  }, 60_000);

  afterAll(() => forge.stop());

  /** A repository of its own for each test, and a writer's token for it. */
  async function repositoryOf(name: string): Promise<Repository> {
    count += 1;
    const repository = await forge.createRepository(`${name}-${count}`, { private: true });
    ({ token } = await forge.createUserToken({ repository, access: 'write' }));
    return repository;
  }

  function publish(
    repository: Repository,
    events: readonly RunEvent[],
    change: { readonly token?: string; readonly branch?: string; readonly incident?: string } = {},
  ): Promise<Published> {
    const { incident, ...more } = change;
    const told = events.map((event) =>
      event.type === 'run-started' ? { ...event, incident: incident ?? event.incident } : event,
    );
    return publishOn(forge, repository, told, { token, as: 'commit', ...more });
  }

  const file = z.object({ content: z.string() });
  async function contentOf(repository: Repository, path: string, branch = 'main'): Promise<string> {
    const { status, body } = await forge.call(
      'GET',
      `/repos/${repository.fullName}/contents/${path}?ref=${branch}`,
    );
    expect(status).toBe(200);
    return Buffer.from(file.parse(body).content, 'base64').toString('utf8');
  }

  const commits = z.array(z.object({ commit: z.object({ message: z.string() }) }));
  async function messagesOf(repository: Repository, branch = 'main'): Promise<readonly string[]> {
    const { body } = await forge.call('GET', `/repos/${repository.fullName}/commits?sha=${branch}`);
    return commits.parse(body).map(({ commit }) => commit.message);
  }

  test('makes a commit that says what happened, and the file is the record', async () => {
    const repository = await repositoryOf('plain');
    const published = await publish(repository, green);
    expect(published).toMatchObject({
      ok: true,
      branch: 'main',
      path: 'incidents/INC-2041.md',
      changed: true,
    });
    expect(await contentOf(repository, 'incidents/INC-2041.md')).toBe(renderIncident(reportOf(green)));
    expect((await messagesOf(repository))[0]).toMatch(
      /^incident: INC-2041 rolled-back checkout to api 7, worker 11\n/,
    );
  }, 30_000);

  test('makes no second commit for the same record', async () => {
    const repository = await repositoryOf('same');
    await publish(repository, green);
    const before = await messagesOf(repository);
    expect(await publish(repository, green)).toMatchObject({ ok: true, changed: false });
    expect(await messagesOf(repository)).toEqual(before);
  }, 30_000);

  test('updates the record when the incident goes on and keeps what people wrote', async () => {
    const repository = await repositoryOf('goes-on');
    await publish(repository, interrupted);
    const before = await contentOf(repository, 'incidents/INC-2041.md');
    const { body } = await forge.call('GET', `/repos/${repository.fullName}/contents/incidents/INC-2041.md`);
    const edited = before.replace('**TODO**: written by people', 'a selector changed: written by people');
    await forge.call('PUT', `/repos/${repository.fullName}/contents/incidents/INC-2041.md`, {
      sha: z.object({ sha: z.string() }).parse(body).sha,
      content: Buffer.from(edited).toString('base64'),
      message: 'root cause',
    });
    expect(await publish(repository, continued)).toMatchObject({ ok: true, changed: true });
    const text = await contentOf(repository, 'incidents/INC-2041.md');
    expect(text).toContain('a selector changed');
    expect(text).toContain('outcome: "rolled-back"');
    expect(text.split(peopleMarker)).toHaveLength(2);
  }, 30_000);

  test('of four incidents at once loses none, although all write to one branch', async () => {
    const repository = await repositoryOf('race');
    const ids = ['A', 'B', 'C', 'D'].map((letter) => `INC-${letter}`);
    const published = await Promise.all(ids.map((incident) => publish(repository, green, { incident })));
    expect(published.map((one) => (one.ok ? 'published' : one.fault.message))).toEqual(
      ids.map(() => 'published'),
    );
    for (const id of ids)
      expect(await contentOf(repository, `incidents/${id}.md`)).toContain(`incident: "${id}"`);
    expect(await messagesOf(repository)).toHaveLength(ids.length + 1);
  }, 60_000);

  test('twice at once for one incident leaves one record and both say where', async () => {
    const repository = await repositoryOf('twice');
    const published = await Promise.all([publish(repository, green), publish(repository, green)]);
    expect(published.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await contentOf(repository, 'incidents/INC-2041.md')).toBe(renderIncident(reportOf(green)));
    expect(await messagesOf(repository)).toHaveLength(2);
  }, 60_000);

  test('goes to a branch of its own that did not exist', async () => {
    const repository = await repositoryOf('branch');
    expect(await publish(repository, green, { branch: 'incidents' })).toMatchObject({
      ok: true,
      branch: 'incidents',
    });
    expect(await contentOf(repository, 'incidents/INC-2041.md', 'incidents')).toContain('INC-2041');
    expect(await messagesOf(repository)).toHaveLength(1);
  }, 30_000);

  describe('is refused with what to change', () => {
    test('to a token that may only read', async () => {
      const repository = await repositoryOf('read-only');
      const reader = await forge.createUserToken({ repository, access: 'read', scopes: readOnlyScopes });
      expect(await publish(repository, green, { token: reader.token })).toMatchObject({
        ok: false,
        fault: { code: 'publish-not-allowed', hint: expect.stringContaining('contents: write') },
      });
    }, 30_000);

    test('to a user who may only read, whatever the token allows', async () => {
      const repository = await repositoryOf('reader');
      const reader = await forge.createUserToken({ repository, access: 'read' });
      expect(await publish(repository, green, { token: reader.token })).toMatchObject({
        ok: false,
        fault: { code: 'publish-not-allowed' },
      });
    }, 30_000);

    test('to a stranger', async () => {
      const repository = await repositoryOf('stranger');
      const stranger = await forge.createUserToken();
      expect(await publish(repository, green, { token: stranger.token })).toMatchObject({
        ok: false,
        fault: { code: 'publish-not-allowed' },
      });
    }, 30_000);

    test('to a wrong token', async () => {
      const repository = await repositoryOf('wrong');
      expect(await publish(repository, green, { token: 'not-a-token' })).toMatchObject({
        ok: false,
        fault: { code: 'publish-not-allowed' },
      });
    }, 30_000);

    test('on a protected branch when no other may be made either', async () => {
      const repository = await repositoryOf('protected');
      await forge.protectBranch(repository, '**');
      expect(await publish(repository, green)).toMatchObject({
        ok: false,
        fault: { code: 'publish-protected', hint: expect.stringContaining('branch: incidents') },
      });
    }, 30_000);
  });
});
