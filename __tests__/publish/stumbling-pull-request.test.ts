// A forge that refuses pull requests, loses answers or breaks: the record is on its branch, and there is one request or a way to it.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Published, PublishRequest } from '../../src/publish/publish.ts';
import { reportOf } from '../../src/report/model.ts';
import { continued, green, interrupted } from '../../tools/look/sample-journals.ts';
import { type ContentsServer, startContentsServer } from './contents-server.ts';
import { answer, path, publishTo, skippingClock } from './publishing.ts';

const branch = 'rollback-plan/INC-2041';
const fileOnBranch = `${branch}:${path}`;
const first = 'https://forge.example/acme/checkout/pull/1';

let server: ContentsServer;
beforeEach(async () => {
  server = await startContentsServer();
});
afterEach(async () => {
  await server.stop();
});

const publish = (change?: Partial<PublishRequest>): Promise<Published> =>
  publishTo(server.apiUrl, { as: 'pull-request', ...change });
/** How often something was asked for. */
const asked = (method: string, route: RegExp): number =>
  server.seen.filter((one) => one.method === method && route.test(one.path)).length;

describe('where the forge does not let us open one', () => {
  test.each([
    [
      'Actions may not (GitHub)',
      answer(403, 'GitHub Actions is not permitted to create or approve pull requests.'),
      /Settings → Actions → General → Workflow permissions → “Allow GitHub Actions to create and approve pull requests”/,
    ],
    [
      'the token lacks pull-requests: write',
      answer(403, 'Resource not accessible by integration'),
      /pull-requests: write/,
    ],
    [
      'a fine-grained token lacks it',
      answer(403, 'Resource not accessible by personal access token'),
      /Pull requests: read and write/,
    ],
    ['it says not found', answer(404, 'Not Found'), /pull-requests: write/],
    ['it says something new', answer(422, 'Validation Failed: the moon'), /compare link/],
  ])('because %s, the record is on the branch, with a link and the setting', async (_why, fault, hint) => {
    server.pullFaults.push(fault);
    const clock = skippingClock();
    expect(await publish({ clock })).toMatchObject({
      ok: true,
      branch,
      compare: `${new URL(server.apiUrl).origin}/acme/checkout/compare/main...${branch}`,
      fault: { code: 'publish-no-pull-request', hint: expect.stringMatching(hint) },
    });
    expect(server.files.has(fileOnBranch)).toBe(true);
    expect(server.pulls).toEqual([]);
    expect(clock.slept).toEqual([]);
  });

  test('nor to look for one, it does not try to open a second one', async () => {
    // The default branch, then the list of pull requests.
    server.readFaults.push(undefined, answer(403, 'Resource not accessible by integration'));
    expect(await publish()).toMatchObject({
      ok: true,
      compare: expect.stringContaining('/compare/'),
      fault: { code: 'publish-no-pull-request' },
    });
    expect(server.files.has(fileOnBranch)).toBe(true);
    expect(asked('POST', /\/pulls$/)).toBe(0);
  });

  test('nor to change its text, it says so and where it is', async () => {
    await publish({ report: reportOf(interrupted) });
    server.pullFaults.push(answer(403, 'Resource not accessible by integration'));
    expect(await publish({ report: reportOf(continued) })).toMatchObject({
      ok: true,
      pullRequest: first,
      fault: { code: 'publish-no-pull-request', hint: expect.stringContaining('pull-requests: write') },
    });
  });
});

describe('when the forge stumbles over a pull request', () => {
  test.each([
    ['breaks before it opened it', answer(502, 'oops')],
    ['hangs up before it opened it', { type: 'reset' } as const],
    ['breaks after it opened it', { type: 'apply-then', reply: 'status 500' } as const],
    ['hangs up after it opened it', { type: 'apply-then', reply: 'reset' } as const],
    ['asks to wait', answer(429, 'slow down', { 'retry-after': '3' })],
    [
      'does not see the branch yet',
      answer(422, 'Validation Failed: {"resource":"PullRequest","field":"head","code":"invalid"}'),
    ],
  ])('and %s, there is exactly one in the end', async (_how, fault) => {
    server.pullFaults.push(fault);
    expect(await publish()).toMatchObject({ ok: true, pullRequest: first, fault: undefined });
    expect(server.pulls).toHaveLength(1);
  });

  test('and two runs of one incident meet, there is one, with both runs in the record', async () => {
    const other = reportOf(green.map((event) => ({ ...event, at: event.at.replace('T10:', 'T09:') })));
    const published = await Promise.all([publish(), publish({ report: other })]);
    expect(published).toMatchObject([
      { ok: true, pullRequest: first },
      { ok: true, pullRequest: first },
    ]);
    expect(server.pulls).toHaveLength(1);
    const text = server.files.get(fileOnBranch) ?? '';
    expect(text).toContain('| 2026-11-21T10:27:05.120Z |');
    expect(text).toContain('| 2026-11-21T09:27:05.120Z |');
  });

  test('and breaks for good after the record is written, the record counts', async () => {
    server.pullFaults.push(...Array.from({ length: 50 }, () => answer(503, 'down')));
    const clock = skippingClock();
    expect(await publish({ clock })).toMatchObject({
      ok: true,
      branch,
      compare: expect.stringContaining('/compare/'),
      fault: {
        code: 'publish-no-pull-request',
        // The last try may be cut off by the end of our patience.
        message: expect.stringMatching(/given up after \d+ tries: (503|no answer \((?!RangeError))/),
      },
    });
    expect(clock.slept.reduce((sum, one) => sum + one, 0)).toBeLessThan(20_000);
  });

  test('and is not there at all, nothing is published and nothing is thrown', async () => {
    await server.stop();
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
    server = await startContentsServer();
  });
});
