// What a killed run leaves: journals whose last line may be half a line, in folders that count up.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFiles } from '../../src/adapters/files.ts';
import { eventsIn, readEarlierJournals } from '../../src/state/earlier-journals.ts';

const line = (seq: number, type = 'note'): string =>
  JSON.stringify({
    seq,
    at: '2026-11-21T10:00:00.000Z',
    elapsedMs: seq,
    type,
    level: 'info',
    text: `${seq}`,
    version: 1,
  });

describe('earlier journals', () => {
  let runsFolder = '';
  beforeEach(async () => {
    runsFolder = await mkdtemp(join(tmpdir(), 'rollback-plan-journals-'));
  });
  afterEach(() => rm(runsFolder, { recursive: true, force: true }));

  test('are read in the order of the runs, and another incident is not', async () => {
    for (const [folder, seq] of [
      ['INC-7-2', 2],
      ['INC-7', 1],
      ['INC-70', 9],
    ] as const) {
      await mkdir(join(runsFolder, folder));
      await writeFile(join(runsFolder, folder, 'journal.jsonl'), `${line(seq)}\n`);
    }
    const files = createFiles();
    const events = await readEarlierJournals('INC-7', { files, runsFolder });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await readEarlierJournals('INC-8', { files, runsFolder })).toEqual([]);
    await files.close();
  });

  test('of a report replace what the report had read', async () => {
    for (const [folder, text] of [
      ['INC-7', `${line(1)}\n`],
      ['INC-7-2', `${line(2)}\n`],
      ['INC-7-3', `${line(1)}\n${line(2)}\n${line(3)}\n`],
    ] as const) {
      await mkdir(join(runsFolder, folder));
      await writeFile(join(runsFolder, folder, 'journal.jsonl'), text);
    }
    const files = createFiles();
    const events = await readEarlierJournals('INC-7', { files, runsFolder });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await files.close();
  });

  test.each([
    ['a line cut off by a kill', `${line(1)}\n${line(2).slice(0, 20)}`, [1]],
    [
      'a damaged line hides what follows, for its order is no longer known',
      `${line(1)}\n{}\n${line(3)}\n`,
      [1],
    ],
    ['an empty file', '', []],
    ['a journal of a later version', `${line(1, 'run-started').replace('"version":1', '"version":2')}\n`, []],
  ])('%s', (_title, text, expected) => {
    expect(eventsIn(text).map(({ seq }) => seq)).toEqual(expected);
  });
});
