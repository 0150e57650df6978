// Publishing over real HTTP against a forge that breaks on demand: one commit or none, the truth about which, in bounded time.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Outcome, RunEvent } from '../../src/events.ts';
import {
  deservesRecord,
  joinRecord,
  type Published,
  type PublishRequest,
} from '../../src/publish/publish.ts';
import { outcomeText, pullRequestText } from '../../src/publish/pull-request-text.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { createRedactor } from '../../src/values/redaction.ts';
import { lost } from '../../tools/look/afterwards-journals.ts';
import { planned } from '../../tools/look/dry-run-journal.ts';
import { hostile } from '../../tools/look/hostile-journal.ts';
import { journal, started } from '../../tools/look/journal-parts.ts';
import { continued, green, halted, interrupted, refused } from '../../tools/look/sample-journals.ts';
import { refusedRollback, rolledBackDeploy } from '../../tools/look/watch-journals.ts';
import { type ContentsServer, startContentsServer } from './contents-server.ts';
import { key, path, publishTo, requestTo } from './publishing.ts';

let server: ContentsServer;
beforeEach(async () => {
  server = await startContentsServer();
});
afterEach(async () => {
  await server.stop();
});

const publish = (change?: Partial<PublishRequest>): Promise<Published> => publishTo(server.apiUrl, change);

test('a bad deploy that was rolled back is called that, and no success', () => {
  expect(outcomeText(reportOf(rolledBackDeploy))).toBe(
    'bad deploy of checkout, rolled back to api 7, worker 11',
  );
  expect(outcomeText(reportOf(green))).toBe('rolled-back checkout to api 7, worker 11');
  const { title, body } = pullRequestText(reportOf(rolledBackDeploy), '', path);
  expect(title).toContain('bad deploy of checkout, rolled back');
  expect(body).toContain('| Outcome | bad deploy, rolled back |');
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
    const records = { incidents: 'docs/incidents/', drills: 'drills', branch: 'incidents' };
    expect(await publish({ records })).toMatchObject({
      ok: true,
      branch: 'incidents',
      path: 'docs/incidents/INC-2041.md',
    });
    expect(server.parents.get(server.branches.get('incidents') ?? '')).toEqual(['c0ffee']);
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
    expect(await publish({ report, records: { incidents, drills: 'drills' } })).toMatchObject({
      ok: false,
      fault: { code: 'publish-failed' },
    });
    expect(server.seen).toEqual([]);
  });
});

describe('an incident record is written', () => {
  test.each([
    ['a rollback that worked', green],
    ['one that halted', halted],
    ['one that was killed', interrupted],
    ['a press after that which was refused', [...interrupted, ...refused]],
  ])('for %s', (_what, events) => {
    expect(deservesRecord(reportOf(events))).toBe('yes');
  });

  const as = (mode: string, events: readonly RunEvent[]): readonly RunEvent[] =>
    events.map((event) => (event.type === 'run-started' ? { ...event, mode } : event));
  const ended = (mode: string, outcome: Outcome): readonly RunEvent[] =>
    journal([
      [0, started({ mode })],
      [9, { type: 'run-finished', outcome, durationMs: 9 }],
    ]);

  test.each([
    ['a watched deploy that was rolled back', as('verify', green)],
    ['a drill', as('drill', green)],
    ['a drill that changed nothing and failed', ended('drill', 'failed')],
    ['a drill that was interrupted', ended('drill', 'interrupted')],
    ['a bad deploy whose rollback was refused', refusedRollback],
    ['a run that left no journal', lost],
  ])('for %s', (_what, events) => {
    expect(deservesRecord(reportOf(events))).toBe('yes');
  });

  test.each([
    ['a refusal', refused],
    ['a press that found everything there', ended('rollback', 'already-there')],
  ])('only where the incident has one, for %s', (_what, events) => {
    expect(deservesRecord(reportOf(events))).toBe('if-there');
  });

  test.each([
    ['a dry run', planned],
    ['a refusal of a watch', as('verify', refused)],
    ['a watched deploy that is fine', ended('verify', 'verified')],
    ['a watched deploy that nobody could judge', ended('verify', 'inconclusive')],
    ['a drill that did not begin', ended('drill', 'refused')],
    ['a dry run of a drill', as('drill', planned)],
  ])('but not for %s', (_what, events) => {
    expect(deservesRecord(reportOf(events))).toBe('no');
  });
});

describe('joining a record', () => {
  test.each(['commit', 'pull-request'] as const)('begins none (%s)', async (as) => {
    expect(await joinRecord(requestTo(server.apiUrl, { as }))).toBeUndefined();
    expect(server.commits).toEqual([]);
  });

  test.each(['commit', 'pull-request'] as const)(
    'adds this run to the one that is there (%s)',
    async (as) => {
      await publish({ as });
      const later = reportOf(
        journal(
          [
            [0, started()],
            [9, { type: 'run-finished', outcome: 'already-there', durationMs: 9 }],
          ],
          Date.parse('2026-11-22T03:00:00.000Z'),
        ),
      );
      const joined = await joinRecord(
        requestTo(server.apiUrl, { as, report: later, markdown: renderIncident(later) }),
      );
      expect(joined).toMatchObject({ ok: true, changed: true });
      expect(server.commits).toHaveLength(2);
    },
  );

  test('says so when the forge does not answer the question', async () => {
    await server.stop();
    expect(await joinRecord(requestTo(server.apiUrl))).toMatchObject({ ok: false });
  });
});
