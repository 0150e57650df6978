// Whatever a run can write, a report can read: the shapes of events and what is checked of them can't drift apart unseen.

import { describe, expect, test } from '@jest/globals';
import { readEvent } from '../../src/state/event-schema.ts';
import { allJournals } from '../../tools/look/all-journals.ts';

describe('the shape of events', () => {
  test.each(Object.entries(allJournals))('takes every event of the journal %s, whole', (_name, events) => {
    for (const event of events) {
      const line = JSON.stringify(event);
      expect(readEvent(line)).toEqual(JSON.parse(line));
    }
  });

  test('keeps what it does not know', () => {
    const line = {
      seq: 1,
      at: '2026-11-21T10:00:00Z',
      elapsedMs: 1,
      type: 'found',
      component: 'a',
      version: 'b',
    };
    expect(readEvent(JSON.stringify({ ...line, detail: 'c', news: [1] }))).toMatchObject({ news: [1] });
    expect(readEvent(JSON.stringify(line))).toBeUndefined();
  });
});
