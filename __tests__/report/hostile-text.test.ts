// Text that tries to be more than text stays text in every document, wherever it was written.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunEvent } from '../../src/events.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { peopleMarker } from '../../src/report/record-format.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { allJournals } from '../../tools/look/all-journals.ts';
import { hostileText, poisoned } from '../../tools/look/hostile-journal.ts';
import { alive, shapeOf } from './rendered.ts';

const summaryOf = (events: readonly RunEvent[]): string => renderSummary(reportOf(events));
const incidentOf = (events: readonly RunEvent[]): string => renderIncident(reportOf(events));
const bodyOf = (markdown: string): string =>
  markdown
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replaceAll('- [ ]', '-')
    .replace(peopleMarker, '');

describe('hostile text in every field', () => {
  const drawings = {
    summary: summaryOf,
    incident: (events: readonly RunEvent[]) => bodyOf(incidentOf(events)),
  };

  describe.each(Object.entries(drawings))('of the %s', (_name, draw) => {
    test.each(Object.entries(allJournals))('comes to nothing in a %s run', (_kind, events) => {
      expect(alive(draw(poisoned(events, hostileText)))).toEqual([]);
    });

    test.each(Object.entries(allJournals))('leaves the blocks of a %s run as they are', (_kind, events) => {
      expect(shapeOf(draw(poisoned(events, hostileText)))).toEqual(
        shapeOf(draw(poisoned(events, 'harmless'))),
      );
    });

    test('whatever it is', () => {
      const nasty = fc.array(
        fc.oneof(
          fc.constantFrom(
            ...'|`*_~[]()<>#@!\\$&-+=:.1 \n',
            '```',
            '~~~',
            '\n\n',
            '</details>',
            '<!--',
            '> [!NOTE]',
            '| - |',
          ),
          fc.string({ unit: 'binary', maxLength: 8 }),
        ),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(
          nasty,
          fc.constantFrom(
            'halted' as const,
            'planned' as const,
            'verify-rolled-back' as const,
            'drill-not-noticed' as const,
            'found' as const,
          ),
          (pieces, kind) => {
            const events = allJournals[kind];
            const drawn = draw(poisoned(events, `x${pieces.join('')}x`));
            expect(shapeOf(drawn)).toEqual(shapeOf(draw(poisoned(events, 'harmless'))));
            expect(alive(drawn)).toEqual([]);
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);
  });
});
