// Records on the shared forge: a repository of its own for each test, a writer who is not its administrator, and what
// the forge then shows.

import { expect } from '@jest/globals';
import { z } from 'zod';
import { systemClock } from '../../src/adapters/clock.ts';
import { createForge } from '../../src/adapters/github.ts';
import type { RunEvent } from '../../src/events.ts';
import type { Forge as ForgePort } from '../../src/ports/forge.ts';
import { type Published, publishRecord } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { sharedForge, uniqueName } from './shared/parts.ts';

/** Where the sample journals' incident is written. */
export const path = 'incidents/INC-2041.md';
/** And the branch of its pull request. */
export const branch = 'rollback-plan/INC-2041';

export type Change = {
  readonly as?: 'commit' | 'pull-request';
  readonly token?: string;
  /** `records.branch` of the plan. */
  readonly branch?: string;
  /** Puts something between us and the real forge. */
  readonly forge?: (real: ForgePort) => ForgePort;
};

/** Publishes what a journal tells, as a run does at its end. By default as a pull request of the administrator's. */
export function publishOn(
  forge: Forge,
  repository: Repository,
  events: readonly RunEvent[],
  change: Change = {},
): Promise<Published> {
  const report = reportOf(events);
  const real = createForge({
    apiUrl: forge.apiUrl,
    serverUrl: forge.url,
    token: change.token ?? forge.adminToken,
    repository: repository.fullName,
  });
  return publishRecord({
    forge: change.forge?.(real) ?? real,
    report,
    markdown: renderIncident(report),
    records: { incidents: 'incidents', drills: 'drills', branch: change.branch },
    as: change.as ?? 'pull-request',
    redact: (text) => text,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

export const pullList = z.array(
  z.object({
    number: z.number(),
    state: z.string(),
    merged: z.boolean(),
    title: z.string(),
    body: z.string(),
    html_url: z.string(),
    base: z.object({ ref: z.string() }),
  }),
);
const file = z.object({ content: z.string(), sha: z.string() });

export type RecordScene = {
  readonly forge: Forge;
  /** Private unless told otherwise; the writer may write to it. */
  readonly repositoryOf: (name: string, hidden?: boolean) => Promise<Repository>;
  /** As the writer. */
  readonly publish: (
    repository: Repository,
    events: readonly RunEvent[],
    change?: Change,
  ) => Promise<Published>;
  readonly api: (
    repository: Repository,
    method: string,
    route: string,
    body?: unknown,
  ) => ReturnType<Forge['call']>;
  /** Newest first. */
  readonly pullsOf: (repository: Repository) => Promise<z.infer<typeof pullList>>;
  /** The record on a branch, if there is one. */
  readonly contentOf: (repository: Repository, from: string) => Promise<string | undefined>;
};

export async function setRecordScene(): Promise<RecordScene> {
  const forge = await sharedForge();
  const writer = await forge.createUserToken();
  const api: RecordScene['api'] = (repository, method, route, body) =>
    forge.call(method, `/repos/${repository.fullName}${route}`, body);
  return {
    forge,
    api,
    async repositoryOf(name, hidden = true) {
      const repository = await forge.createRepository(uniqueName(name), { private: hidden });
      const route = `/collaborators/${writer.user}`;
      expect((await api(repository, 'PUT', route, { permission: 'write' })).status).toBe(204);
      return repository;
    },
    publish: (repository, events, change = {}) =>
      publishOn(forge, repository, events, { token: writer.token, ...change }),
    pullsOf: async (repository) => pullList.parse((await api(repository, 'GET', '/pulls?state=all')).body),
    async contentOf(repository, from) {
      const { status, body } = await api(repository, 'GET', `/contents/${path}?ref=${from}`);
      return status === 200 ? Buffer.from(file.parse(body).content, 'base64').toString('utf8') : undefined;
    },
  };
}
