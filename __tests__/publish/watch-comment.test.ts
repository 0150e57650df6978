// The comment about a watch over GitHub's routes: one for each service in each target, edited seldom, and never waited for.

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createForge } from '../../src/adapters/github.ts';
import type { Clock } from '../../src/ports.ts';
import { type CommentRequest, keepWatchComment } from '../../src/publish/watch-comment.ts';
import { reportOf } from '../../src/report/model.ts';
import type { WatchProgress } from '../../src/verify/follow-watch.ts';
import { quiet, rolledBackDeploy } from '../../tools/look/watch-journals.ts';
import { type CommentsServer, startComments } from './comments-server.ts';

const sha = 'abc123def456';
let server: CommentsServer;
let nowMs = 0;

beforeEach(async () => {
  server = await startComments({ [sha]: [7, 9] });
  nowMs = 0;
});
afterEach(() => server.stop());

const clock: Clock = {
  now: () => new Date(Date.UTC(2026, 10, 21, 10, 0, 0) + nowMs),
  monotonicMs: () => nowMs,
  sleep: async () => undefined,
};

function keep(change: Partial<CommentRequest> = {}): ReturnType<typeof keepWatchComment> {
  return keepWatchComment({
    about: { service: 'checkout', target: 'eu', incident: 'INC-1', run: undefined },
    on: 'pull-request',
    pullRequest: 7,
    commit: sha,
    clock,
    redact: (text) => text.replaceAll('hunter2', '***'),
    forge: async () => createForge({ apiUrl: server.apiUrl, token: 'tok', repository: 'acme/checkout' }),
    ...change,
  });
}

const progress = (elapsedMs: number, evidence = 'answered 200'): WatchProgress => ({
  elapsedMs,
  windowMs: 300_000,
  conditions: [{ name: 'health', state: 'pass', evidence, series: undefined }],
});
const bodies = (talk: string): readonly string[] => (server.talks.get(talk) ?? []).map(({ body }) => body);
const writes = (): readonly string[] => server.asked.filter((line) => !line.startsWith('GET'));
/** Long enough for a loopback exchange or several. */
const settled = async (many: number): Promise<void> => {
  for (let look = 0; look < 200 && writes().length < many; look++)
    await new Promise((done) => setTimeout(done, 10));
  // What is not to be written would be by now.
  await new Promise((done) => setTimeout(done, 30));
};

test('one comment: made at the first look, edited after 30 s and at the end, not in between', async () => {
  const comment = keep();
  for (nowMs = 0; nowMs < 30_000; nowMs += 5_000) {
    comment.progress(progress(nowMs));
    await settled(1);
  }
  expect(writes()).toEqual(['POST /repos/acme/checkout/issues/7/comments']);
  nowMs = 30_000;
  comment.progress(progress(nowMs));
  await settled(2);
  expect(writes()).toEqual([
    'POST /repos/acme/checkout/issues/7/comments',
    'PATCH /repos/acme/checkout/issues/comments/101',
  ]);
  expect(bodies('issues/7')).toEqual([expect.stringContaining('Watched for 30 s, 4 m 30 s to go.')]);
  expect(await comment.end(reportOf(rolledBackDeploy), AbortSignal.timeout(5_000))).toBeUndefined();
  expect(writes()).toHaveLength(3);
  const [body = ''] = bodies('issues/7');
  expect(body.split('\n')[0]).toBe('<!-- rollback-plan:watch:checkout:eu -->');
  expect(body).toContain('was rolled back');
  expect(body).toContain('```mermaid');
});

test('the next run edits the same one; another target, a person’s and another service’s stay as they are', async () => {
  await keep().end(reportOf(quiet), AbortSignal.timeout(5_000));
  const theirs = '<!-- rollback-plan:watch:checkout:eu -->\nquoted';
  server.talks.get('issues/7')?.unshift({ id: 1, body: theirs, login: 'eve', type: 'User' });
  await keep({ about: { service: 'checkout', target: 'us', incident: 'INC-2', run: undefined } }).end(
    reportOf(quiet),
    AbortSignal.timeout(5_000),
  );
  await keep({ about: { service: 'checkout', target: 'eu', incident: 'INC-3', run: undefined } }).end(
    reportOf(quiet),
    AbortSignal.timeout(5_000),
  );
  expect(bodies('issues/7').map((body) => /INC-\d|quoted/.exec(body)?.[0])).toEqual([
    'quoted',
    'INC-3',
    'INC-2',
  ]);
});

test('without a pull request in the event it is the newest that brought the commit, and without any it is none', async () => {
  expect(
    await keep({ pullRequest: undefined }).end(reportOf(quiet), AbortSignal.timeout(5_000)),
  ).toBeUndefined();
  expect(bodies('issues/9')).toHaveLength(1);
  expect(
    await keep({ pullRequest: undefined, commit: 'fff000' }).end(reportOf(quiet), AbortSignal.timeout(5_000)),
  ).toBe('no pull request brought commit fff000');
});

test('on a commit it has routes of its own', async () => {
  const comment = keep({ on: 'commit' });
  comment.progress(progress(0));
  await settled(1);
  await comment.end(reportOf(quiet), AbortSignal.timeout(5_000));
  expect(bodies(`commits/${sha}`)).toHaveLength(1);
  expect(writes()).toEqual([
    `POST /repos/acme/checkout/commits/${sha}/comments`,
    'PATCH /repos/acme/checkout/comments/101',
  ]);
});

test('secrets and Markdown from outside don’t get into it', async () => {
  const comment = keep();
  comment.progress(progress(0, 'hunter2 @ada <img src=x> | `x`'));
  await settled(1);
  const [body = ''] = bodies('issues/7');
  expect(body).toContain('***');
  expect(body).not.toMatch(/hunter2|<img|@ada/);
  await comment.end(reportOf(quiet), AbortSignal.timeout(5_000));
});

test('a deleted comment is made anew', async () => {
  const comment = keep();
  comment.progress(progress(0));
  await settled(1);
  server.talks.set('issues/7', []);
  expect(await comment.end(reportOf(quiet), AbortSignal.timeout(5_000))).toBeUndefined();
  expect(bodies('issues/7')).toHaveLength(1);
});

test('a refusal is asked for once, says which permission, and is the end of it', async () => {
  server.instead.push(undefined, 403);
  const comment = keep();
  comment.progress(progress(0));
  await settled(1);
  nowMs = 60_000;
  comment.progress(progress(nowMs));
  expect(await comment.end(reportOf(quiet), AbortSignal.timeout(5_000))).toContain('pull-requests: write');
  expect(writes()).toHaveLength(1);
});

test('a forge that is down for a while is asked again at the end', async () => {
  server.instead.push(502);
  const comment = keep();
  comment.progress(progress(0));
  await new Promise((done) => setTimeout(done, 100));
  expect(await comment.end(reportOf(quiet), AbortSignal.timeout(5_000))).toBeUndefined();
  expect(bodies('issues/7')).toHaveLength(1);
});

test('a forge that does not answer holds nobody up', async () => {
  server.instead.push('hang', 'hang', 'hang');
  const comment = keep();
  const began = performance.now();
  comment.progress(progress(0));
  expect(performance.now() - began).toBeLessThan(100);
  expect(await comment.end(reportOf(quiet), AbortSignal.timeout(300))).toContain('did not answer');
  expect(performance.now() - began).toBeLessThan(3_000);
});
