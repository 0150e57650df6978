// What a heartbeat tells, and the file beside an incident's record that it keeps.

import { expect, test } from '@jest/globals';
import { mergeRecord } from '../../src/publish/merge-record.ts';
import { deservesRecord } from '../../src/publish/publish.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderRechecks } from '../../src/report/rechecks.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { readEvent } from '../../src/state/event-schema.ts';
import { heartbeatBad, heartbeatIdle, heartbeatWell } from '../../tools/look/heartbeat-journals.ts';

const headline = (journal: typeof heartbeatBad): string =>
  renderSummary(reportOf(journal)).split('\n')[0] ?? '';

test.each([
  ['nothing was due', heartbeatIdle, 'Nothing is due for checkout', 'no'],
  ['well, and a drill is overdue', heartbeatWell, 'A drill of checkout is overdue', 'yes'],
  ['not well', heartbeatBad, 'checkout is not well after the rollback of INC-2041', 'yes'],
] as const)('%s: said in the heading, and recorded only when it looked', (_, journal, said, deserves) => {
  expect(headline(journal)).toContain(said);
  expect(deservesRecord(reportOf(journal))).toBe(deserves);
  expect(renderSummary(reportOf(journal))).toContain('a heartbeat never rolls back');
});

test('its event comes back from a journal', () => {
  const [event] = heartbeatBad.filter(({ type }) => type === 'rechecked');
  expect(readEvent(JSON.stringify(event))).toEqual(event);
});

test('the record has every look, those to come too, and what people wrote stays', () => {
  const report = reportOf(heartbeatBad);
  const [one] = report.rechecks;
  if (one === undefined) throw new Error('the sample looked');
  const ours = renderRechecks(report, one);
  expect(ours.match(/^\| (✅|❌|…) \|/gm)).toEqual(['| ✅ |', '| ❌ |', '| … |']);
  expect(ours).toContain('was not as the rollback left it: api is revision 9');
  const earlier = reportOf(heartbeatWell);
  const written = renderRechecks(earlier, { ...one, state: 'pass' }).replace(
    /\*\*TODO\*\*.*/,
    'Two customers complained.',
  );
  const merged = mergeRecord(written, ours);
  if (merged.type !== 'write') throw new Error(merged.type);
  expect(merged.text.split(peopleMarker)[0]).toBe(ours.split(peopleMarker)[0]);
  expect(merged.text).toContain('Two customers complained.');
});
