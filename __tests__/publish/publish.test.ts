// Publishing over real HTTP against a forge that breaks on demand: one commit or none, the truth about which, in bounded time.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createForge } from '../../src/adapters/github.ts';
import type { Clock } from '../../src/ports.ts';
import {
  deservesRecord,
  type Published,
  type PublishRequest,
  publishRecord,
} from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { createRedactor } from '../../src/values/redaction.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { hostile } from '../../tools/look/hostile-journal.ts';
import { journal, started } from '../../tools/look/journal-parts.ts';
import { continued, green, halted, interrupted, refused } from '../../tools/look/sample-journals.ts';
import { type ContentsServer, type Fault, startContentsServer } from './contents-server.ts';

let server: ContentsServer;
beforeEach(async () => {
  server = await startContentsServer();
});
afterEach(async () => {
  await server.stop();
});

/** Sleeps are counted, not slept, and pass on the clock; what the network takes is real time on top. */
function fakeClock(): Clock & { readonly slept: number[] } {
  let skipped = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(),
    monotonicMs: () => performance.now() + skipped,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      skipped += milliseconds;
    },
  };
}

const path = 'incidents/INC-2041.md';
const key = `main:${path}`;

function publish(change: Partial<PublishRequest> = {}): Promise<Published> {
  const report = change.report ?? reportOf(green);
  return publishRecord({
    forge: createForge({ apiUrl: server.apiUrl, token: 'tok-123', repository: 'acme/checkout' }),
    report,
    markdown: renderIncident(report),
    records: { incidents: 'incidents' },
    redact: (text) => text,
    clock: fakeClock(),
    signal: new AbortController().signal,
    random: () => 0.5,
    ...change,
  });
}

const answer = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Fault => ({
  type: 'answer',
  status,
  message,
  headers,
});

describe('publishing a record', () => {
  test('makes one commit on the default branch, with the token, and says where', async () => {
    expect(await publish()).toEqual({
      ok: true,
      path,
      branch: 'main',
      url: `https://forge.example/main/${path}`,
      commit: 'commit-1',
      changed: true,
    });
    expect(server.files.get(key)).toBe(renderIncident(reportOf(green)));
    expect(server.seen.every(({ authorization }) => authorization === 'token tok-123')).toBe(true);
  });

  test('has a commit message that says what happened', async () => {
    await publish();
    expect(server.commits.map(({ message }) => message)).toEqual([
      'incident: INC-2041 rolled-back checkout to api 7, worker 11\n\nerror rate above 5 % since the 10:20 deploy\n\nRun: https://github.com/acme/checkout/actions/runs/19522',
    ]);
  });

  test('has a commit message that pings nobody and closes nothing', async () => {
    await publish({ report: reportOf(hostile) });
    const [{ message = '' } = {}] = server.commits;
    expect(message).toContain('incident: INC-2041 halted checkout');
    expect(message).not.toMatch(/@\w|#\d|GH-\d/);
    expect(message.split('\n')[0]?.length).toBeLessThanOrEqual(120);
  });

  test('makes no second commit for the same record', async () => {
    await publish();
    expect(await publish()).toMatchObject({
      ok: true,
      changed: false,
      url: `https://forge.example/main/${path}`,
    });
    expect(server.commits).toHaveLength(1);
  });

  test('writes to a branch of its own and makes it when it is missing', async () => {
    const records = { incidents: 'docs/incidents/', branch: 'incidents' };
    expect(await publish({ records })).toMatchObject({
      ok: true,
      branch: 'incidents',
      path: 'docs/incidents/INC-2041.md',
    });
    expect(server.branches.get('incidents')).toBe('c0ffee');
    expect(server.files.has('incidents:docs/incidents/INC-2041.md')).toBe(true);
  });

  test('blanks secrets once more in everything that leaves', async () => {
    const redact = createRedactor(['since the 10:20 deploy']);
    await publish({ redact });
    expect(server.seen.map(({ body }) => body).join('')).not.toContain('10:20 deploy');
    expect(server.files.get(key)).toContain('error rate above 5 % \\*\\*\\*'.replaceAll('\\', ''));
    expect(server.commits[0]?.message).not.toContain('10:20');
  });
});

describe('a record that is there already', () => {
  test('keeps what people wrote below the line when the incident goes on', async () => {
    await publish({ report: reportOf(interrupted) });
    const edited =
      server.files
        .get(key)
        ?.replace('**TODO**: written by people', 'a selector was changed: written by people') ?? '';
    server.files.set(key, edited.replaceAll('\n', '\r\n'));
    await publish({ report: reportOf(continued) });
    const text = server.files.get(key) ?? '';
    expect(text).toContain('a selector was changed');
    expect(text).toContain('outcome: "rolled-back"');
    expect(text.split(peopleMarker)).toHaveLength(2);
  });

  test('keeps the runs that another machine wrote, and the story of the one that changed something', async () => {
    await publish();
    const again = reportOf([
      ...journal(
        [
          [
            0,
            started({
              actor: 'grace',
              run: {
                url: 'https://github.com/acme/checkout/actions/runs/2',
                id: '2',
                attempt: '1',
                repository: 'acme/checkout',
              },
            }),
          ],
          [9, { type: 'run-finished', outcome: 'already-there', durationMs: 9 }],
        ],
        Date.parse('2026-11-21T11:00:00Z'),
      ),
    ]);
    expect(await publish({ report: again })).toMatchObject({ ok: true, changed: true });
    const text = server.files.get(key) ?? '';
    expect(text).toContain('outcome: "rolled-back"');
    expect(text).toMatch(
      /\| 2026-11-21T10:27:05\.120Z \| .* \| ada \| ✅ rolled back \|\n\| 2026-11-21T11:00:00\.000Z \| .* \| grace \| ✅ already there \|\n/,
    );
    expect(await publish({ report: again })).toMatchObject({ changed: false });
  });

  test.each([
    ['was not written by us', '# INC-2041\n\nwritten by hand\n'],
    ['has lost its line', renderIncident(reportOf(green)).replace(peopleMarker, '')],
  ])('is left alone when it %s', async (_why, text) => {
    server.files.set(key, text);
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-conflict' } });
    expect(server.files.get(key)).toBe(text);
  });
});

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
    const clock = fakeClock();
    await publish({ clock });
    expect(clock.slept).toEqual([3_000]);
  });

  test('it waits longer each time, with jitter', async () => {
    server.faults.push(answer(500, ''), answer(500, ''), answer(500, ''));
    const [calm, hasty] = [fakeClock(), fakeClock()];
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
    const clock = fakeClock();
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
      'wants a pull request (ruleset)',
      answer(409, 'Repository rule violations found\n\nChanges must be made through a pull request.'),
      'publish-protected',
      /branch/,
    ],
    [
      'wants a review',
      answer(
        409,
        'Could not create file: At least 1 approving review is required by reviewers with write access.',
      ),
      'publish-protected',
      /branch/,
    ],
    [
      'wants status checks',
      answer(409, 'Could not update file: 6 of 6 required status checks are expected.'),
      'publish-protected',
      /branch/,
    ],
    [
      'protects the branch (Gitea)',
      answer(403, 'user cannot commit to repo [user: bot]'),
      'publish-protected',
      /branch/,
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
    const clock = fakeClock();
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
    expect(await publish({ forge })).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
  });

  test('and answers something else, it does not take that for success', async () => {
    server.readFaults.push({ type: 'answer', status: 200, message: 'a login page' });
    expect(await publish()).toMatchObject({ ok: false, fault: { code: 'publish-failed' } });
  });
});

describe('a path', () => {
  test.each([
    ['leaves the repository', 'incidents', '../../etc/passwd'],
    ['begins with a dot', 'incidents', '.hidden'],
    ['has a slash in its id', 'incidents', 'a/b'],
    ['goes into .git', '.git', 'INC-1'],
    ['climbs', '../up', 'INC-1'],
  ])('that %s is refused before anything is asked', async (_why, incidents, incident) => {
    const report = reportOf(
      green.map((event) => (event.type === 'run-started' ? { ...event, incident } : event)),
    );
    expect(await publish({ report, records: { incidents } })).toMatchObject({
      ok: false,
      fault: { code: 'publish-failed' },
    });
    expect(server.seen).toEqual([]);
  });
});

describe('an incident record', () => {
  test.each([
    ['a rollback that worked', green, true],
    ['one that halted', halted, true],
    ['one that was killed', interrupted, true],
    ['a press after that which was refused', [...interrupted, ...refused], true],
    ['a dry run', planned, false],
    ['a refusal', refused, false],
  ])('is written for %s: %#', (_what, events, deserved) => {
    expect(deservesRecord(reportOf(events))).toBe(deserved);
  });
});
