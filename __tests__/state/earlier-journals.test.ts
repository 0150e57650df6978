// What killed runs and attempts that were run again leave: journals whose last line may be half a line, in folders that
// count up or that are an artifact's.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFiles } from '../../src/adapters/files.ts';
import { type EarlierJournals, eventsIn, readEarlierJournals } from '../../src/state/earlier-journals.ts';
import { started } from '../../tools/look/journal-parts.ts';

type Fields = Readonly<Record<string, unknown>>;

const event = (minute: number, seq: number, fields: Fields): string =>
  `${JSON.stringify({ seq, at: new Date(Date.UTC(2026, 10, 21, 10, minute, seq)).toISOString(), elapsedMs: seq, ...fields })}\n`;
const begun = (minute: number, fields: Fields = {}): string =>
  event(minute, 1, { ...started({}), incident: 'INC-7', ...fields });
const note = (minute: number, seq: number): string =>
  event(minute, seq, { type: 'note', level: 'info', text: `${minute}/${seq}` });
const ended = (minute: number, seq: number): string =>
  event(minute, seq, { type: 'run-finished', outcome: 'rolled-back', durationMs: 1 });

describe('earlier journals', () => {
  let runsFolder = '';
  beforeEach(async () => {
    runsFolder = await mkdtemp(join(tmpdir(), 'rollback-plan-journals-'));
  });
  afterEach(() => rm(runsFolder, { recursive: true, force: true }));

  async function read(journals: Fields, incident = 'INC-7'): Promise<EarlierJournals> {
    for (const [folder, text] of Object.entries(journals)) {
      await mkdir(join(runsFolder, folder), { recursive: true });
      await writeFile(join(runsFolder, folder, 'journal.jsonl'), String(text));
    }
    const files = createFiles();
    const earlier = await readEarlierJournals(incident, { files, runsFolder });
    await files.close();
    return earlier;
  }
  const told = ({ events }: EarlierJournals): readonly string[] =>
    events.map((one) => (one.type === 'note' ? one.text : one.type));

  test('are read in the order in which the runs began, wherever they lie', async () => {
    const earlier = await read({
      'rollback-plan-INC-7-10/INC-7': `${begun(20)}${note(20, 2)}`,
      'rollback-plan-INC-7-9/INC-7': `${begun(10)}${note(10, 2)}`,
      'INC-7-2': `${begun(15)}${note(15, 2)}`,
      'INC-70': `${begun(1, { incident: 'INC-70' })}${note(1, 2)}`,
    });
    expect(told(earlier)).toEqual(['run-started', '10/2', 'run-started', '15/2', 'run-started', '20/2']);
    expect(earlier.notes).toEqual([]);
    expect(await read({}, 'INC-8')).toEqual({ events: [], notes: [] });
  });

  test('of a report replace what the report had read, and a copy counts once', async () => {
    const earlier = await read({
      'INC-7': `${begun(1)}${note(1, 2)}`,
      'INC-7-2': `${begun(2)}${note(2, 2)}`,
      'INC-7-3': `${begun(1)}${note(1, 2)}${begun(2)}${note(2, 2)}${note(3, 5)}`,
      'artifact/INC-7': `${begun(2)}${note(2, 2)}`,
    });
    expect(told(earlier)).toEqual(['run-started', '1/2', 'run-started', '2/2', '3/5']);
  });

  test('of a run that ended count more than what a report made of its beginning', async () => {
    const earlier = await read({
      'INC-7': `${begun(1)}${ended(1, 2)}`,
      'INC-7-2': `${begun(1)}${note(2, 2)}${note(2, 3)}${note(2, 4)}`,
    });
    expect(told(earlier)).toEqual(['run-started', 'run-finished']);
  });

  test('overrule a report that had found none', async () => {
    const lookedAndFoundNone = `${begun(5, { mode: 'report' })}${event(5, 2, {
      type: 'run-finished',
      outcome: 'interrupted',
      fault: { code: 'run-lost', message: 'm', hint: 'h' },
      durationMs: 1,
    })}`;
    const earlier = await read({
      'INC-7': lookedAndFoundNone,
      'artifact/INC-7': `${begun(1)}${note(1, 2)}`,
    });
    expect(told(earlier)).toEqual(['run-started', '1/2']);
  });

  test('of another incident are left out, whatever their folder is called', async () => {
    const earlier = await read({
      'INC-7': `${begun(1)}${note(1, 2)}`,
      // The first run of an incident that is called INC-7-2.
      'INC-7-2': `${begun(2, { incident: 'INC-7-2' })}${note(2, 2)}`,
      // One that begins as ours and goes on as somebody else's; and one that doesn't say whose it is.
      'a/INC-7': `${begun(3)}${begun(4, { incident: 'INC-99' })}`,
      'b/INC-7': note(5, 1),
    });
    expect(told(earlier)).toEqual(['run-started', '1/2']);
    expect(earlier.notes).toEqual(['left out because their runs are not all of incident INC-7: 3 journals']);
  });

  test('behind symbolic links, or deeper than an artifact is, are not looked for', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'rollback-plan-elsewhere-'));
    await writeFile(join(elsewhere, 'journal.jsonl'), begun(1));
    await symlink(elsewhere, join(runsFolder, 'INC-7'));
    await mkdir(join(runsFolder, 'INC-7-2'));
    await symlink(join(elsewhere, 'journal.jsonl'), join(runsFolder, 'INC-7-2/journal.jsonl'));
    expect(await read({ 'a/b/INC-7': begun(1) })).toEqual({ events: [], notes: [] });
    await rm(elsewhere, { recursive: true });
  });

  test('that are too many are said to be left out', async () => {
    const many = Array.from({ length: 203 }, (_, index) => [`a${index}/INC-7`, begun(index % 60)] as const);
    const { notes } = await read(Object.fromEntries(many));
    expect(notes).toEqual(['left out because of their size or number: 3 journals']);
  });

  test('with a damaged line end there, and that is said', async () => {
    const earlier = await read({ 'INC-7': `${begun(1)}${note(1, 2)}{}\n${note(1, 4)}` });
    expect(told(earlier)).toEqual(['run-started', '1/2']);
    expect(earlier.notes).toEqual([
      'line 3 of the journal INC-7/journal.jsonl is no event: it and what follows it are left out',
    ]);
  });
});

describe('a journal', () => {
  test.each<[string, string, readonly number[], number | undefined]>([
    ['a line cut off by a kill', `${note(1, 1)}${note(1, 2).slice(0, 20)}`, [1], undefined],
    ['a last line whose end alone is missing', `${note(1, 1)}${note(1, 2).trimEnd()}`, [1, 2], undefined],
    ['a damaged line hides what follows', `${note(1, 1)}{}\n${note(1, 3)}`, [1], 2],
    ['an empty file', '', [], undefined],
    ['a journal of a later version', begun(1, { version: 2 }), [], 1],
    ['a number where a list belongs', event(1, 1, { type: 'pinned', changes: 5, digest: 'd' }), [], 1],
    ['a number where a text belongs', event(1, 1, { type: 'note', level: 'info', text: 4 }), [], 1],
    ['half an introduction', event(1, 1, { type: 'run-started', version: 1, incident: 'INC-7' }), [], 1],
    [
      'a fault that is none',
      event(1, 1, { type: 'run-finished', outcome: 'failed', fault: 5, durationMs: 1 }),
      [],
      1,
    ],
    ['a time that is none', event(1, 1, { type: 'note', level: 'info', text: 'x', at: 'yesterday' }), [], 1],
    ['an event nobody knows', event(1, 1, { type: 'party' }), [], 1],
  ])('with %s', (_title, text, expected, oddLine) => {
    const read = eventsIn(text);
    expect(read.events.map(({ seq }) => seq)).toEqual(expected);
    expect(read.oddLine).toBe(oddLine);
  });
});
