// The part of a record that only people can write: impact, root cause, lessons, follow-up. What the journal
// knows is filled in, everything else says TODO. Written once; publishing never touches it again.

import { escapeText, heading } from '../values/markdown.ts';
import { failedPart, partText } from './drill-parts.ts';
import { followUpBoxes } from './follow-ups.ts';
import type { Report } from './model.ts';
import { stepsOf, triggeredAt } from './model.ts';
import { recordKind } from './record-format.ts';
import { isLost } from './run-kind.ts';
import { destinationText, exceeded, utc } from './wording.ts';

const todo = '**TODO**';

export function peopleParts(report: Report): readonly string[] {
  switch (recordKind(report)) {
    case 'drill':
      return drillParts(report);
    case 'verification':
      return [heading(2, 'Notes'), todo];
    case 'incident':
      return incidentParts(report);
  }
}

/** After a rehearsal nobody was hurt; what is asked is what was learnt. */
function drillParts(report: Report): readonly string[] {
  const part = failedPart(report);
  return [
    heading(2, 'Learnings'),
    [`- Went well: ${todo}`, `- Went badly: ${todo}`, `- Surprised us: ${todo}`].join('\n'),
    heading(2, 'Action items'),
    [
      ...(part === 'passed'
        ? []
        : [`- [ ] Mended: ${escapeText(partText(report, part))} (who: ${todo}, by: ${todo})`]),
      ...(stepsOf(report).some(({ status }) => status === 'unknown')
        ? ['- [ ] Unknown steps cleared up by hand']
        : []),
      ...(report.compared.some(({ same }) => !same) ? ['- [ ] The drill’s target is as it was before'] : []),
      ...(part === 'passed' ? [] : [`- [ ] Rehearsed again (when: ${todo})`]),
      '- [ ] Plan updated with what was learnt',
    ].join('\n'),
  ];
}

function incidentParts(report: Report): readonly string[] {
  const { identity, changes } = report;
  const began = triggeredAt(report);
  const to = destinationText(changes);
  const asked = followUpBoxes(report);
  const bad = changes
    .filter((change) => !change.alreadyThere)
    .map((change) => `${change.component} ${change.from.id}`);
  return [
    heading(2, 'Impact'),
    [
      '| What | How much |',
      '| --- | --- |',
      `| Users affected | ${todo} |`,
      `| Requests failed | ${todo} |`,
      `| Data lost | ${todo} |`,
      `| Users noticed from – to | ${todo} – ${todo}${isLost(report) ? '' : ` (the rollback itself: ${utc(began)} – ${utc(report.endedAt)} UTC)`} |`,
      `| Cost | ${todo} |`,
    ].join('\n'),
    heading(2, 'Root cause'),
    `${todo}: written by people, not by the tool. Five whys.`,
    heading(2, 'Resolution'),
    `${to === '' ? '' : `Rolled back to ${escapeText(to)}. `}Lasting fix: ${todo}`,
    heading(2, 'Lessons'),
    [
      `- Went well: ${todo}`,
      `- Went badly: ${todo}`,
      `- Luck: ${todo}`,
      `- Prevents the next one: ${todo}`,
    ].join('\n'),
    heading(2, 'Follow-up'),
    [
      // What the plan asks for stands for the usual things.
      ...(asked.length > 0
        ? asked
        : [
            `- [ ] Find the root cause (who: ${todo}, by: ${todo})`,
            `- [ ] Postmortem held (when: ${todo})`,
            `- [ ] Fix proven in staging${bad.length === 0 ? '' : ` (what was bad: ${escapeText(bad.join(', '))})`}`,
            '- [ ] Redeploy planned',
          ]),
      ...(identity.overrides.length === 0 ? [] : ['- [ ] Overrides reviewed']),
      ...(report.phases.some(exceeded)
        ? ['- [ ] Budget of the late phase corrected, or the phase made faster']
        : []),
      ...(stepsOf(report).some(({ status }) => status === 'unknown')
        ? ['- [ ] Unknown steps cleared up by hand']
        : []),
      '- [ ] Plan updated with what was learnt',
    ].join('\n'),
  ];
}
