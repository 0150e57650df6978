// The journal: durable before an act, redacted in every field, and in nobody's way after it.

import { describe, expect, test } from '@jest/globals';
import type { RunEventBody } from '../../src/events.ts';
import type { Files } from '../../src/ports.ts';
import { openJournal } from '../../src/state/journal.ts';
import { createFakeClock } from '../support/course.ts';

function filesThat(append: (line: string) => void): Files {
  return {
    read: async () => '',
    find: async () => ({ paths: [], whole: true }),
    claimFolder: async (path) => path,
    write: async () => undefined,
    appendDurably: async (_, line) => append(line),
    close: async () => undefined,
  };
}

const open = (append: (line: string) => void): ReturnType<typeof openJournal> =>
  openJournal('INC-1', {
    files: filesThat(append),
    clock: createFakeClock(),
    runsFolder: '/runs',
    redact: (text) => text.replaceAll('hunter2', '***'),
  });

const intent: RunEventBody = {
  type: 'intent',
  step: 'roll-back/api',
  operation: { id: 'a', title: 'roll back with hunter2', shown: 'helm rollback', mutates: true },
  attempt: 1,
  deadlineMs: 1,
};
const note: RunEventBody = { type: 'note', level: 'info', text: 'x' };

describe('openJournal', () => {
  test('writes one JSON line an event, numbered and redacted in every field', async () => {
    const lines: string[] = [];
    const journal = await open((line) => lines.push(line));
    await journal.emit(intent);
    await journal.emit(note);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { seq: 1, type: 'intent', operation: { title: 'roll back with ***' } },
      { seq: 2, type: 'note' },
    ]);
    expect(JSON.stringify(journal.events)).not.toContain('hunter2');
  });

  test('an intent that is not durable is an error, so that nobody acts on it', async () => {
    const journal = await open(() => {
      throw new Error('ENOSPC');
    });
    await expect(journal.emit(intent)).rejects.toMatchObject({ code: 'journal-not-writable' });
  });

  test('what is told after an act is kept for the record even when the disk is full', async () => {
    const journal = await open(() => {
      throw new Error('ENOSPC');
    });
    await journal.emit(note);
    expect(journal.events).toHaveLength(1);
  });
});
