// What a heartbeat tells, and the file beside an incident's record that it keeps.

import { expect, test } from '@jest/globals';
import { mergeRecord } from '../../src/publish/merge-record.ts';
import { deservesRecord } from '../../src/publish/publish.ts';
import { reportOf } from '../../src/report/model.ts';
import { newsOf, renderRechecks } from '../../src/report/rechecks.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { readEvent } from '../../src/state/event-schema.ts';
import {
  heartbeatBad,
  heartbeatFollowUps,
  heartbeatIdle,
  heartbeatWell,
} from '../../tools/look/heartbeat-journals.ts';

const headline = (journal: typeof heartbeatBad): string =>
  renderSummary(reportOf(journal)).split('\n')[0] ?? '';

test.each([
  ['nothing was due', heartbeatIdle, 'Nothing is due for checkout', 'no'],
  ['well, and a drill is overdue', heartbeatWell, 'A drill of checkout is overdue', 'yes'],
  ['follow-ups are overdue', heartbeatFollowUps, '2 follow-ups of checkout are overdue', 'yes'],
  ['not well', heartbeatBad, 'checkout is not well after the rollback of INC-2041', 'yes'],
] as const)('%s: said in the heading, and recorded only when it looked', (_, journal, said, deserves) => {
  expect(headline(journal)).toContain(said);
  expect(deservesRecord(reportOf(journal))).toBe(deserves);
  expect(renderSummary(reportOf(journal))).toContain('a heartbeat never rolls back');
});

test('a follow-up that is overdue or done for the first time is kept beside the record, with the looks so far', () => {
  const report = reportOf(heartbeatFollowUps);
  expect(newsOf(report).map(({ incident }) => incident)).toEqual(['INC-2041']);
  const [one] = newsOf(report);
  if (one === undefined) throw new Error('the sample has news');
  const record = renderRechecks(report, one);
  expect(record.match(/^\| (✅|❌|⚠️|▫️|🕒|…) \|/gm)).toEqual(['| ✅ |', '| ⚠️ |', '| ✅ |', '| 🕒 |']);
  expect(record).toContain('| Postmortem held | sre-lead | 2026-11-23 10:28:10 | **overdue** |');
  expect(record).not.toContain('At the last look');
  const summary = renderSummary(report);
  expect(summary).toContain('Postmortem held (after INC-2041, sre-lead) is overdue for 3 h');
  expect(summary).toContain('ledger done --target eu --incident INC-2041 --follow-up postmortem');
  // What was told before is told again to whoever reads the summary, and is no reason for another commit.
  expect(summary).toContain('| INC-2039 | Root cause found |');
});

test('its event comes back from a journal', () => {
  const events = [...heartbeatBad, ...heartbeatFollowUps].filter(({ type }) =>
    ['rechecked', 'follow-ups'].includes(type),
  );
  expect(events.length).toBe(3);
  for (const event of events) expect(readEvent(JSON.stringify(event))).toEqual(event);
});

test('the record has every look, those to come too, and what people wrote stays', () => {
  const report = reportOf(heartbeatBad);
  const [one] = newsOf(report);
  if (one === undefined) throw new Error('the sample looked');
  const ours = renderRechecks(report, one);
  expect(ours.match(/^\| (✅|❌|…) \|/gm)).toEqual(['| ✅ |', '| ❌ |', '| … |']);
  expect(ours).toContain('was not as the rollback left it: api is revision 9');
  const earlier = reportOf(heartbeatWell);
  const [before] = newsOf(earlier);
  if (before === undefined) throw new Error('the sample looked');
  const written = renderRechecks(earlier, before).replace(/\*\*TODO\*\*.*/, 'Two customers complained.');
  const merged = mergeRecord(written, ours);
  if (merged.type !== 'write') throw new Error(merged.type);
  expect(merged.text.split(peopleMarker)[0]).toBe(ours.split(peopleMarker)[0]);
  expect(merged.text).toContain('Two customers complained.');
});
