// The incident record is the same for the same events, reads for machines and people, and leaves to people what only they know.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { hostileText, poisoned } from '../../tools/look/hostile-journal.ts';
import { continued, halted } from '../../tools/look/sample-journals.ts';
import { parse } from './front-matter.ts';

const incidentOf = (events: readonly RunEvent[]): string => renderIncident(reportOf(events));

describe('the incident record', () => {
  test('is the same text for the same events', () => {
    expect(incidentOf(halted)).toBe(incidentOf([...halted]));
  });

  test('has front matter that YAML reads back to what happened', () => {
    expect(parse(incidentOf(halted))).toMatchObject({
      record: 'rollback-plan/incident/v1',
      incident: 'INC-2041',
      outcome: 'halted',
      reason_code: 'command-failed',
      changed: true,
      triggered_at: '2026-11-21T10:27:05.120Z',
      completed_at: '2026-11-21T10:27:31.220Z',
      duration_seconds: 26.1,
      sla_seconds: 900,
      sla_met: false,
      components: [
        { component: 'api', from: '8', to: '7' },
        { component: 'worker', from: '12', to: '11' },
        { component: 'config', from: 'v14', to: 'v14' },
      ],
      run_key: '19522.1',
    });
  });

  test('has front matter that YAML reads back whatever the text is', () => {
    const text = `${hostileText}\n---\noutcome: "rolled-back"\n`;
    const front = parse(incidentOf(poisoned(halted, text)));
    expect(front).toMatchObject({ outcome: 'halted', incident: 'INC-2041' });
    expect(String(Reflect.get(Object(front), 'actor'))).toContain('outcome: "rolled-back"');
  });

  test.each([
    ['when', '| **Started** | 2026-11-21 10:27:05 UTC |'],
    ['how severe', '| **Severity** | P0 |'],
    ['how long, against what was allowed', '| **Duration** | 26 s of 15 m, ⚠️ **not recovered** |'],
    ['who', '| **Pressed by** | `ada` |'],
    ['why', '**Why it was pressed.** error rate above 5 % since the 10:20 deploy'],
    ['from what to what', '| **Went** | api 8 → 7, worker 12 → 11, config stays at v14 |'],
    ['the plan and its commit', '`4f2a9c07b1de55aa0c1b2d3e4f5061728394a5b6`'],
    ['the digest', 'sha256:9d7be40c66f1a2b3c4d5e6f708192a3b'],
    ['where it ran', 'https://github.com/acme/checkout/actions/runs/19522'],
    [
      'a timeline in UTC',
      '| 10:27:14 | ✅ | take worker back to revision 11: done in 7.4 s (revision 12 → revision 11) |',
    ],
    ['what users saw before and now', '| ❌ | health | fail, `503` | fail, `503` |'],
    [
      'the commands and their exit codes',
      '$ helm rollback checkout 7 --wait --timeout 4m0s --kube-context eu-1 --namespace shop',
    ],
    ['how they ended', '[failed, exit 1, 18 s]'],
    ['impact for people to fill in', '| Users affected | **TODO** |'],
    ['requests failed', '| Requests failed | **TODO** |'],
    ['data lost', '| Data lost | **TODO** |'],
    ['a root cause left to people', '## Root cause\n\n**TODO**: written by people'],
    ['a resolution', '## Resolution\n\nRolled back to api 7, worker 11. Lasting fix: **TODO**'],
    ['lessons', '## Lessons'],
    ['follow-ups as boxes to tick', '- [ ] Postmortem held'],
    ['a staging check', '- [ ] Fix proven in staging (what was bad: api 8, worker 12)'],
    ['a redeploy plan', '- [ ] Redeploy planned'],
    ['the phase that was late', 'Phase application went over its budget of 20 s.'],
  ])('tells %s', (_what, text) => {
    expect(incidentOf(halted).replaceAll('\u00a0', ' ')).toContain(text);
  });

  test('tells every run of the incident, in one timeline', () => {
    const record = incidentOf(continued);
    expect(record).toContain(
      '| 2026-11-21T10:27:05.120Z | [run 19522.1](https://github.com/acme/checkout/actions/runs/19522) | ada | ❌ interrupted |',
    );
    expect(record).toContain('| **Pressed by** | `ada`, then `grace` |');
    expect(record.indexOf('the journal of this run ends here')).toBeLessThan(
      record.indexOf('grace started rollback'),
    );
  });

  test('has one line that parts it, even when a log quotes that line', () => {
    const quoting = halted.map((event) =>
      event.type === 'done' ? { ...event, stderr: `x\n${peopleMarker}\ny` } : event,
    );
    expect(incidentOf(quoting).split(peopleMarker)).toHaveLength(2);
  });

  test('stays readable with 50 MB of logs', () => {
    const loud = halted.map((event) =>
      event.type === 'done' ? { ...event, stdout: 'x\n'.repeat(8_000_000) } : event,
    );
    expect(Buffer.byteLength(incidentOf(loud))).toBeLessThan(300_000);
  });
});
