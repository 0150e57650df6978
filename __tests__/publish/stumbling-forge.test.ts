// A forge that loses races, breaks, hangs, refuses or redirects: exactly one commit or none, the truth about which, in bounded time.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createForge } from '../../src/adapters/github.ts';
import type { Published, PublishRequest } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { createRedactor } from '../../src/values/redaction.ts';
import { green, interrupted } from '../../tools/look/sample-journals.ts';
import { type ContentsServer, type Fault, startContentsServer } from './contents-server.ts';
import { answer, key, path, publishTo, skippingClock } from './publishing.ts';

let server: ContentsServer;
beforeEach(async () => {
  server = await startContentsServer();
});
afterEach(async () => {
  await server.stop();
});

const publish = (change?: Partial<PublishRequest>): Promise<Published> => publishTo(server.apiUrl, change);

describe('when the forge stumbles', () => {
  const stale = 'incidents/INC-2041.md does not match 1234';
  test.each<[string, readonly Fault[], number]>([
    ['loses a race once (409)', [answer(409, stale)], 1],
    ['loses a race once (422)', [answer(422, 'is at 123 but expected 456')], 1],
    [
      'lets two writes meet (Gitea: 403)',
      [answer(403, "cannot lock ref 'refs/heads/main': is at 0e26821a but expected 68923f0c")],
      1,
    ],
    ['lets two pushes meet (Gitea: 403)', [answer(403, 'push is rejected')], 1],
    ['breaks before it wrote', [answer(500, 'oops')], 1],
    ['breaks twice before it wrote', [answer(502, 'oops'), answer(503, 'oops')], 1],
    ['hangs up before it wrote', [{ type: 'reset' }], 1],
    ['breaks after it wrote', [{ type: 'apply-then', reply: 'status 500' }], 1],
    ['hangs up after it wrote', [{ type: 'apply-then', reply: 'reset' }], 1],
    ['asks to wait', [answer(429, 'slow down', { 'retry-after': '3' })], 1],
    [
      'is angry about too many writes',
      [answer(403, 'You have exceeded a secondary rate limit', { 'retry-after': '2' })],
      1,
    ],
  ])('and %s, the record is there in the end, by exactly one commit', async (_how, faults, commits) => {
    server.faults.push(...faults);
    expect(await publish()).toMatchObject({ ok: true, changed: true });
    expect(server.commits).toHaveLength(commits);
    expect(server.files.get(key)).toBe(renderIncident(reportOf(green)));
  });

  test('it waits as long as the forge asks', async () => {
    server.faults.push(answer(429, 'slow down', { 'retry-after': '3' }));
    const clock = skippingClock();
    await publish({ clock });
    expect(clock.slept).toEqual([3_000]);
  });

  test('it waits longer each time, with jitter', async () => {
    server.faults.push(answer(500, ''), answer(500, ''), answer(500, ''));
    const [calm, hasty] = [skippingClock(), skippingClock()];
    await publish({ clock: calm, random: () => 0.999 });
    server.files.clear();
    server.faults.push(answer(500, ''), answer(500, ''), answer(500, ''));
    await publish({ clock: hasty, random: () => 0 });
    expect(hasty.slept).toEqual([100, 200, 400]);
    expect(calm.slept.map(Math.round)).toEqual([200, 400, 800]);
  });

  test('and somebody else writes the same incident in between, both are in the file', async () => {
    const other = renderIncident(reportOf(interrupted)).replace(
      '**TODO**: written by people',
      'found it: written by people',
    );
    server.faults.push({ type: 'raced-by', text: other.replaceAll('10:27:05.120Z |', '10:20:00.000Z |') });
    expect(await publish()).toMatchObject({ ok: true });
    expect(server.files.get(key)).toContain('found it');
    expect(server.files.get(key)).toContain('| 2026-11-21T10:20:00.000Z |');
    expect(server.files.get(key)).toContain('outcome: "rolled-back"');
  });

  test.each<[string, Fault, string]>([
    ['loses every race', answer(409, stale), 'publish-conflict'],
    ['breaks every time', answer(500, 'oops'), 'publish-failed'],
  ])('and %s, it gives up within 20 s', async (_how, fault, code) => {
    server.faults.push(...Array.from({ length: 100 }, () => fault));
    const clock = skippingClock();
    expect(await publish({ clock })).toMatchObject({ ok: false, path, fault: { code } });
    expect(clock.slept.reduce((sum, one) => sum + one, 0)).toBeLessThan(20_000);
    expect(clock.slept.length).toBeGreaterThan(5);
    expect(server.commits).toEqual([]);
  });

  test.each<[string, Fault, string, RegExp]>([
    ['does not know the token', answer(401, 'Bad credentials'), 'publish-not-allowed', /`token`/],
    [
      'does not let the token write',
      answer(403, 'Resource not accessible by integration'),
      'publish-not-allowed',
      /permissions: \{ contents: write \}/,
    ],
    [
      'does not let the user write (Gitea)',
      answer(403, 'user should have a permission to write to the target branch'),
      'publish-not-allowed',
      /write:repository/,
    ],
    [
      'says not found to a token without rights',
      answer(404, 'Not Found'),
      'publish-not-allowed',
      /Contents: read and write/,
    ],
    [
      'keeps the repository archived',
      answer(423, 'repository is archived'),
      'publish-not-allowed',
      /archived/,
    ],
    [
      'finds a secret',
      answer(409, 'Repository rule violations found\n\nSecret detected in content'),
      'publish-failed',
      /secrets:/,
    ],
    [
      'does not like the request',
      answer(422, 'path contains a malformed path component'),
      'publish-failed',
      /job summary/,
    ],
    [
      'has moved',
      answer(301, 'Moved', { location: 'https://forge.example/repositories/1' }),
      'publish-failed',
      /renamed/,
    ],
  ])('and %s, it says so at once and what to change', async (_how, fault, code, hint) => {
    server.faults.push(fault);
    const clock = skippingClock();
    const published = await publish({ clock });
    expect(published).toMatchObject({ ok: false, path, fault: { code, hint: expect.stringMatching(hint) } });
    expect(clock.slept).toEqual([]);
    expect(server.commits).toEqual([]);
  });

  test('and the repository can not be seen, it says so', async () => {
    server.readFaults.push(answer(404, 'Not Found'));
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-not-allowed' } });
  });

  test('and what it says holds a secret, that is blanked', async () => {
    server.faults.push(answer(403, 'token tok-123 may not'));
    const published = await publish({ redact: createRedactor(['tok-123']) });
    expect(JSON.stringify(published)).toContain('***');
    expect(JSON.stringify(published)).not.toContain('tok-123');
  });

  test('and never answers, it stops when it is told to', async () => {
    server.readFaults.push({ type: 'never-answers' });
    const began = performance.now();
    const published = await publish({ signal: AbortSignal.timeout(300) });
    expect(published).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('and is not there at all, it gives up and does not throw', async () => {
    const forge = createForge({ apiUrl: 'http://127.0.0.1:1/api', token: 'x', repository: 'acme/checkout' });
    expect(await publish({ forge })).toMatchObject({
      ok: false,
      fault: { code: 'publish-failed', message: expect.stringContaining('no answer') },
    });
  });

  test('and answers something else, it does not take that for success', async () => {
    server.readFaults.push({ type: 'answer', status: 200, message: 'a login page' });
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
  });
});
