// Boxes in a record that people tick: found again whatever they make of the words, and in their own part alone.

import { expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/events.ts';
import { mergeRecord } from '../../src/publish/merge-record.ts';
import { tickedIn } from '../../src/report/follow-ups.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { hostileText } from '../../tools/look/hostile-journal.ts';
import { halted } from '../../tools/look/sample-journals.ts';
import { alive } from './rendered.ts';

const task = (name: string, title: string, owner?: string) =>
  ({ name, title, owner, due: '2026-11-23T10:27:31.220Z', state: 'open' }) as const;

/** The halted sample with what was noted at its end. */
function withTasks(...tasks: readonly ReturnType<typeof task>[]): readonly RunEvent[] {
  const noted: RunEvent = {
    type: 'follow-ups',
    incident: 'INC-2041',
    rolledBackAt: '2026-11-21T10:27:31.220Z',
    tasks,
    fresh: [],
    looks: [],
    seq: 900,
    at: '2026-11-21T10:27:31.220Z',
    elapsedMs: 26_100,
  };
  const end = halted.findIndex(({ type }) => type === 'run-finished');
  return [...halted.slice(0, end), noted, ...halted.slice(end)];
}

const events = withTasks(
  task('postmortem', 'Postmortem held', 'sre-lead'),
  task('cause', 'Root cause found'),
);
const record = renderIncident(reportOf(events));

test('the record has a box for each, with owner and time, in place of the usual ones', () => {
  expect(record).toContain('- [ ] Postmortem held (who: sre-lead, by: 2026-11-23 10:27:31 UTC) <!--');
  expect(record).toContain('- [ ] Root cause found (who: **TODO**, by: 2026-11-23 10:27:31 UTC) <!--');
  expect(record).not.toContain('Redeploy planned');
  expect(record).toContain('- [ ] Plan updated with what was learnt');
  expect(renderSummary(reportOf(events))).toContain('| Postmortem held | sre-lead | 2026-11-23 10:27:31 |');
  expect(tickedIn(record)).toEqual([]);
});

test.each([
  ['- [x] Postmortem held', ['postmortem']],
  ['* [X] ~~Postmortem~~ held by Zoë on Monday, [notes](https://wiki.example)', ['postmortem']],
  ['  - [x] held', ['postmortem']],
  ['- [ ] held [x]', []],
  ['- [x]no space', []],
])('a line that begins with %j', (begin, wanted) => {
  const ticked = record.replace(/^- \[ \] Postmortem held.*?(?= <!--)/m, begin);
  expect(tickedIn(ticked)).toEqual(wanted);
  expect(tickedIn(ticked.replaceAll('\n', '\r\n'))).toEqual(wanted);
});

test('a tick stays when the record is written again, and one in the output of a command is none', () => {
  const ticked = record.replace('- [ ] Postmortem held', '- [x] Postmortem held');
  const again = renderIncident(reportOf(withTasks(task('postmortem', 'Postmortem held', 'somebody else'))));
  const merged = mergeRecord(ticked, again);
  if (merged.type === 'not-ours') throw new Error(merged.why);
  expect(tickedIn(merged.text)).toEqual(['postmortem']);
  const [, tag = ''] = /(<!-- rollback-plan: follow-up postmortem -->)/.exec(record) ?? [];
  const said = record.replace('## What was done', `- [x] held ${tag}\n\n## What was done`);
  expect(said).not.toBe(record);
  expect(tickedIn(said)).toEqual([]);
});

test('titles and owners are words', () => {
  const hostile = renderIncident(reportOf(withTasks(task('a', hostileText, `@everyone ${hostileText}`))));
  const foreign = (text: string): readonly string[] =>
    alive(text).filter((one) => !one.startsWith('task') && !one.includes('follow-up a'));
  expect(foreign(hostile)).toEqual(foreign(renderIncident(reportOf(halted))));
});
