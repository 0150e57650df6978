// Records as pull requests, against a forge with GitHub's shapes and words: one request per incident, whatever happens.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Published, PublishRequest } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { createRedactor } from '../../src/values/redaction.ts';
import { hostile } from '../../tools/look/hostile-journal.ts';
import { continued, green, interrupted } from '../../tools/look/sample-journals.ts';
import { type ContentsServer, startContentsServer } from './contents-server.ts';
import { mergePull } from './github-pulls.ts';
import { answer, key, path, publishTo, skippingClock } from './publishing.ts';

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
const edit = (what: string, by: string): void => {
  server.files.set(fileOnBranch, (server.files.get(fileOnBranch) ?? '').replace(what, by));
};

describe('a record as a pull request', () => {
  test('is on a branch of its own, in a pull request into the default branch', async () => {
    const published = await publish();
    expect(published).toMatchObject({ ok: true, path, branch, changed: true, pullRequest: first });
    expect(published).toMatchObject({ fault: undefined });
    expect(server.files.get(fileOnBranch)).toBe(renderIncident(reportOf(green)));
    expect(server.files.has(key)).toBe(false);
    expect(server.pulls).toMatchObject([
      { head: branch, base: 'main', title: 'incident INC-2041: rolled-back checkout to api 7, worker 11' },
    ]);
  });

  test('has a text that says what happened, who pressed, and what people have to fill in', async () => {
    await publish();
    const body = server.pulls[0]?.body ?? '';
    for (const said of [
      'checkout is back on api 7, worker 11',
      '**Is the service back?** Yes',
      'error rate above 5 %',
      'ada',
      'https://github.com/acme/checkout/actions/runs/19522',
      `\`${path}\``,
      'where it says TODO: Impact, Root cause, Resolution, Lessons, Follow-up.',
      'keeps title and text up to date',
    ])
      expect(body).toContain(said);
  });

  test('pings nobody, closes nothing and stays small, whatever anybody wrote', async () => {
    await publish({ report: reportOf(hostile) });
    const [{ title = '', body = '' } = {}] = server.pulls;
    expect(title).not.toMatch(/@\w|#\d|GH-\d/);
    expect(title.length).toBeLessThanOrEqual(120);
    expect(body).toContain('Incident INC-2041');
    expect(body).not.toMatch(/@\w|(?<!&)#\d|GH-\d|<script|<img/i);
    expect(body.length).toBeLessThan(10_000);
  });

  test('blanks secrets in title and text', async () => {
    await publish({ redact: createRedactor(['error rate above', 'worker 11']) });
    const sent = server.seen.map(({ body }) => body).join('');
    expect(server.pulls[0]?.title).toContain('***');
    expect(sent).not.toContain('error rate above');
    expect(sent).not.toContain('worker 11');
  });

  test('goes into the branch for records where the plan has one, which is made when it is missing', async () => {
    const records = { incidents: 'incidents', drills: 'drills', branch: 'incidents' };
    expect(await publish({ records })).toMatchObject({ ok: true, pullRequest: first });
    expect(server.branches.get('incidents')).toBe('c0ffee');
    expect(server.pulls).toMatchObject([{ head: branch, base: 'incidents' }]);
  });

  test('of a drill is in the folder for drills and says so', async () => {
    const drill = green.map((event) => (event.type === 'run-started' ? { ...event, mode: 'drill' } : event));
    expect(await publish({ report: reportOf(drill) })).toMatchObject({ path: 'drills/INC-2041.md' });
    expect(server.pulls[0]?.title).toMatch(/^drill INC-2041: /);
    expect(server.commits[0]?.message).toMatch(/^drill: INC-2041 /);
  });
});

describe('a later run of the incident', () => {
  test('updates the file, the title and the text, and opens no second one', async () => {
    await publish({ report: reportOf(interrupted) });
    const before = server.pulls[0]?.title;
    edit('**TODO**: written by people', 'a selector was changed: written by people');
    expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true, pullRequest: first });
    expect(server.pulls).toHaveLength(1);
    expect(server.pulls[0]?.title).not.toBe(before);
    expect(server.pulls[0]?.title).toContain('rolled-back');
    expect(server.pulls[0]?.body).toContain('where it says TODO: Impact, Resolution,');
    expect(server.files.get(fileOnBranch)).toContain('a selector was changed');
    expect(server.files.get(fileOnBranch)).toContain('outcome: "rolled-back"');
  });

  test('keeps what people wrote below our part of the text', async () => {
    await publish({ report: reportOf(interrupted) });
    const [pull] = server.pulls;
    if (pull !== undefined) pull.body = `${pull.body.replaceAll('\n', '\r\n')}\r\nReviewed with ops.`;
    await publish({ report: reportOf(continued) });
    expect(pull?.body).toMatch(/up to date\. -->\n\nReviewed with ops\.\n$/);
    expect(pull?.body).toContain('checkout is back');
    await publish({ report: reportOf(continued) });
    expect(pull?.body.match(/Reviewed with ops/g)).toHaveLength(1);
  });

  test('leaves title and text alone when somebody else wrote them', async () => {
    await publish({ report: reportOf(interrupted) });
    const [pull] = server.pulls;
    if (pull !== undefined) Object.assign(pull, { title: 'Outage', body: 'what I found' });
    expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true, pullRequest: first });
    expect(pull).toMatchObject({ title: 'Outage', body: 'what I found' });
  });

  test('that has nothing new to say writes nothing', async () => {
    await publish();
    const writes = (): number => asked('PUT', /./) + asked('POST', /./) + asked('PATCH', /./);
    const before = writes();
    expect(await publish()).toMatchObject({ ok: true, changed: false, pullRequest: first });
    expect(writes()).toBe(before);
  });

  test('starts the branch again after a squashed merge, without force, and opens the next', async () => {
    await publish({ report: reportOf(interrupted) });
    edit('**TODO**: written by people', 'found it: written by people');
    mergePull(server, 1, 'squash');
    expect(await publish({ report: reportOf(continued) })).toMatchObject({
      ok: true,
      pullRequest: 'https://forge.example/acme/checkout/pull/2',
    });
    expect(server.pulls).toHaveLength(2);
    expect(server.seen.filter(({ body }) => body.includes('"force":true'))).toEqual([]);
    expect(server.parents.get(server.parents.get(server.branches.get(branch) ?? '')?.[0] ?? '')).toEqual([
      'commit-1',
      'squash-1',
    ]);
    expect(server.files.get(fileOnBranch)).toContain('found it');
    expect(server.files.get(fileOnBranch)).toContain('outcome: "rolled-back"');
  });

  test('moves the branch forward after an ordinary merge', async () => {
    await publish({ report: reportOf(interrupted) });
    mergePull(server, 1, 'merge');
    await publish({ report: reportOf(continued) });
    expect(server.pulls).toHaveLength(2);
    expect(server.parents.get(server.branches.get(branch) ?? '')).toEqual(['merge-1']);
  });

  test('keeps commits that came to the branch after the merge', async () => {
    await publish({ report: reportOf(interrupted) });
    mergePull(server, 1, 'squash');
    server.parents.set('peoples', ['commit-1']);
    server.branches.set(branch, 'peoples');
    expect(await publish({ report: reportOf(continued) })).toMatchObject({ ok: true });
    expect(server.parents.get(server.branches.get(branch) ?? '')).toEqual(['peoples']);
    expect(server.pulls).toHaveLength(2);
  });

  test('opens none when the base has the record already', async () => {
    await publish();
    mergePull(server, 1, 'squash');
    expect(await publish()).toMatchObject({ ok: true, changed: false, branch: 'main', pullRequest: first });
    expect(server.pulls).toHaveLength(1);
  });

  test('commits to the branch of one that somebody closed, leaves it closed, and says so', async () => {
    await publish({ report: reportOf(interrupted) });
    const [pull] = server.pulls;
    if (pull !== undefined) pull.state = 'closed';
    expect(await publish({ report: reportOf(continued) })).toMatchObject({
      ok: true,
      changed: true,
      pullRequest: first,
      fault: {
        code: 'publish-no-pull-request',
        message: expect.stringContaining('somebody closed'),
        hint: expect.stringContaining(first),
      },
    });
    expect(server.pulls).toMatchObject([{ state: 'closed' }]);
    expect(server.files.get(fileOnBranch)).toContain('outcome: "rolled-back"');
  });

  test('is not misled by the request of a fork’s branch of the same name', async () => {
    const fork = { head: branch, base: 'main', title: 'x', body: 'y', merged_at: null };
    server.pulls.push({ ...fork, number: 1, from: 'mallory/checkout', state: 'closed' });
    // The organization's own fork: the filter by owner lets it through.
    server.pulls.push({ ...fork, number: 2, from: 'acme/checkout-fork', state: 'closed' });
    expect(await publish()).toMatchObject({
      ok: true,
      pullRequest: 'https://forge.example/acme/checkout/pull/3',
      fault: undefined,
    });
  });
});

describe('a commit to a protected branch', () => {
  test.each([
    [
      'a ruleset',
      answer(409, 'Repository rule violations found\n\nChanges must be made through a pull request.'),
    ],
    [
      'a review',
      answer(
        409,
        'Could not create file: At least 1 approving review is required by reviewers with write access.',
      ),
    ],
    ['status checks', answer(409, 'Could not update file: 6 of 6 required status checks are expected.')],
    ['Gitea', answer(403, 'user cannot commit to repo [user: bot]')],
  ])('becomes a pull request, and says why (%s)', async (_why, fault) => {
    server.faults.push(fault);
    const clock = skippingClock();
    expect(await publish({ as: 'commit', clock })).toMatchObject({
      ok: true,
      branch,
      pullRequest: first,
      fault: { code: 'publish-protected', message: expect.stringContaining('branch main') },
    });
    expect(server.files.has(key)).toBe(false);
    expect(clock.slept).toEqual([]);
  });

  test('is refused with both reasons when every branch is protected', async () => {
    const rule = answer(409, 'Repository rule violations found');
    server.faults.push(rule, rule);
    expect(await publish({ as: 'commit' })).toMatchObject({
      ok: false,
      fault: {
        code: 'publish-protected',
        message: expect.stringMatching(/branch main .* branch rollback-plan\/INC-2041 /),
      },
    });
  });
});
