// What somebody finds after a run is gone belongs to that run and is no sign of its life; and where the record went is told.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderResult } from '../../src/report/result.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import {
  foundAfterwards,
  lost,
  notAllowedToAsk,
  pullRequested,
} from '../../tools/look/afterwards-journals.ts';
import { began, journal, started } from '../../tools/look/journal-parts.ts';
import { green, interrupted } from '../../tools/look/sample-journals.ts';
import { parse } from './front-matter.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));
const terminalOf = (events: readonly RunEvent[]): string =>
  renderTerminal(reportOf(events), { color: false }).replaceAll(/\s+/g, ' ');

describe('a run that was killed, and looked at afterwards', () => {
  const report = reportOf(foundAfterwards);

  test('is interrupted, and ends where its own journal ends', () => {
    const alone = reportOf(interrupted);
    expect(report.verdict).toEqual(alone.verdict);
    expect(report.endedAt).toBe(alone.endedAt);
    expect(report.durationMs).toBe(alone.durationMs);
    expect(report.phases).toEqual(alone.phases);
  });

  test('says what is there now, beside where it was to go, and names the unknown step with its command', () => {
    for (const text of [summaryOf(foundAfterwards), renderIncident(report)]) {
      expect(text).toMatch(/^#{2,3} What is there now$/m);
      expect(text).toContain(
        '| 2026-11-21 10:37:05 | api | revision 9 | pending-rollback, last deployed 10:27:07 | was revision 8 (checkout-1.4.0, app 2.2.0), was to go to revision 7 (checkout-1.3.0, app 2.1.0) |',
      );
      expect(text).toContain('| 4 of 4 pods are ready | where it was to go |');
      expect(text).toContain('- take api back to revision 7: started `helm rollback checkout 7');
    }
    expect(summaryOf(foundAfterwards)).toContain(
      'Now, as found afterwards: api is at revision 9, pending-rollback',
    );
    expect(terminalOf(foundAfterwards)).toContain('? take api back to revision 7: nobody knows how it ended');
  });

  test('tells it apart in the timeline from what the run did', () => {
    expect(report.timeline.slice(-4).map(({ text }) => text)).toEqual([
      'the journal of this run ends here, without a verdict',
      'looked afterwards: api is at revision 9, pending-rollback, last deployed 10:27:07',
      'looked afterwards: worker is at revision 11 (worker:2.1.0), 4 of 4 pods are ready',
      'looked afterwards: config is at v14',
    ]);
  });

  test('has what was found in the result and the front matter', () => {
    expect(renderResult(report).found[0]).toEqual({
      component: 'api',
      version: 'revision 9',
      detail: 'pending-rollback, last deployed 10:27:07',
      at: '2026-11-21T10:37:05.240Z',
    });
    expect(parse(renderIncident(report))).toMatchObject({
      found: [{ component: 'api', version: 'revision 9' }, { component: 'worker' }, { component: 'config' }],
    });
  });

  test('is the same run when whoever looks opens the journal with a start of their own, and says run-lost at the end', () => {
    const looked = journal(
      [
        [0, started({ mode: 'report', actor: 'grace' })],
        [10, { type: 'found', component: 'api', version: 'revision 9', detail: '' }],
        [
          20,
          {
            type: 'run-finished',
            outcome: 'interrupted',
            durationMs: 20,
            fault: { code: 'run-lost', message: 'the run was killed', hint: 'Look.' },
          },
        ],
      ],
      began + 600_000,
    );
    const whole = reportOf([...interrupted, ...looked]);
    expect(whole.earlier).toEqual([]);
    expect(whole.identity).toMatchObject({ mode: 'rollback', actor: 'ada' });
    expect(whole.verdict).toMatchObject({ outcome: 'interrupted', said: false, fault: { code: 'run-lost' } });
    expect(whole.durationMs).toBe(reportOf(interrupted).durationMs);
    expect(whole.found).toHaveLength(1);
    expect(summaryOf([...interrupted, ...looked])).toMatch(/^## ❌ Interrupted: checkout is part-way back/);
  });

  test('keeps the verdict of a run that gave one', () => {
    const events = [
      ...green,
      ...journal([[5, { type: 'found', component: 'api', version: '7', detail: '' }]]),
    ];
    expect(reportOf(events)).toMatchObject({ verdict: { outcome: 'rolled-back', green: true, said: true } });
    expect(summaryOf(events)).toMatch(/^## ✅ checkout is back/);
  });
});

describe('a run that left no journal', () => {
  test('claims nothing about what was done', () => {
    const report = reportOf(lost);
    const summary = summaryOf(lost);
    expect(summary).toMatch(/^## ❌ Lost: nobody can tell what was done to checkout/);
    expect(summary).toContain("What it started, and whether it ended, can't be told.");
    expect(summary).toContain('api is at revision 9, pending-rollback');
    expect(report.verdict).toMatchObject({
      outcome: 'interrupted',
      green: false,
      fault: { code: 'run-lost' },
    });
    expect(renderResult(report)).toMatchObject({ changed_anything: null, reason_code: 'run-lost' });
    const record = renderIncident(report);
    expect(parse(record)).toMatchObject({ changed: null, reason_code: 'run-lost' });
    expect(parse(record)).not.toHaveProperty('duration_seconds');
    expect(record).toContain('| **Went** | not known |');
    expect(record).toContain('| **Duration** | not known |');
    expect(summary).not.toContain('unchanged');
  });

  test('claims nothing either when not even the plan could be read', () => {
    const summary = summaryOf(lost.filter(({ type }) => type === 'run-finished'));
    expect(summary).toMatch(/^## ❌ Lost: nobody can tell what was done to the service/);
    expect(summary).not.toContain('unchanged');
  });

  test('says that nothing was measured when nothing was', () => {
    const blind = lost.filter(({ type }) => type !== 'check-finished');
    expect(summaryOf(blind)).toContain('**Is the service back?** Not known. Nothing was measured.');
  });
});

describe('the record', () => {
  test('in a pull request is linked in summary, terminal and result', () => {
    const link = 'https://github.com/acme/checkout/pull/418';
    expect(summaryOf(pullRequested)).toContain(
      `📄 **Record:** [pull request](${link}), [incidents/INC-2041.md](`,
    );
    expect(terminalOf(pullRequested)).toContain(`Pull request: ${link}`);
    expect(renderResult(reportOf(pullRequested)).published).toEqual([
      {
        ok: true,
        path: 'incidents/INC-2041.md',
        url: 'https://github.com/acme/checkout/blob/rollback-plan/INC-2041/incidents/INC-2041.md',
        branch: 'rollback-plan/INC-2041',
        pull_request_url: link,
        compare_url: null,
        fault: null,
      },
    ]);
    expect(reportOf(pullRequested).timeline.at(-1)).toMatchObject({
      tone: 'plain',
      text: `record written to incidents/INC-2041.md on branch rollback-plan/INC-2041, pull request ${link}`,
    });
  });

  test('without a pull request has the compare link and the setting, before any table', () => {
    const compare = 'https://github.com/acme/checkout/compare/main...rollback-plan/INC-2041?expand=1';
    const summary = summaryOf(notAllowedToAsk);
    expect(summary).toContain(`**No pull request was opened.** [Open it yourself](${compare}).`);
    expect(summary).toContain('“Allow GitHub Actions to create and approve pull requests”');
    expect(summary.indexOf(compare)).toBeLessThan(summary.indexOf('\n| '));
    expect(terminalOf(notAllowedToAsk)).toContain(`Open it yourself: ${compare}`);
    expect(renderResult(reportOf(notAllowedToAsk)).published[0]).toMatchObject({
      compare_url: compare,
      pull_request_url: null,
      branch: 'rollback-plan/INC-2041',
    });
    expect(reportOf(notAllowedToAsk).timeline.at(-1)?.tone).toBe('warning');
  });

  test.each(['javascript:alert(1)', 'https://user:secret@forge.example/pull/1', 'not an address'])(
    'with %s for a pull request links nowhere',
    (address) => {
      const events = pullRequested.map((event) =>
        event.type === 'published'
          ? { ...event, url: address, pullRequest: address, compare: address }
          : event,
      );
      expect(summaryOf(events)).not.toContain(`](${address}`);
      expect(summaryOf(events)).toContain('📄 **Record:** pull request, incidents/INC-2041.md');
    },
  );

  test('in a pull request with advice has both', () => {
    const advised = pullRequested.map((event) =>
      event.type === 'published'
        ? {
            ...event,
            fault: {
              code: 'publish-protected' as const,
              message: 'branch main is protected',
              hint: 'Merge it.',
            },
          }
        : event,
    );
    expect(summaryOf(advised)).toMatch(
      /⚠️ \*\*Record:\*\* \[pull request\].*branch main is protected\. Merge it\./,
    );
    expect(summaryOf(advised)).toMatch(/^## ✅/);
  });
});
