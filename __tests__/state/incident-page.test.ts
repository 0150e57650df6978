// The page of an incident: what it keeps of events, what it tells of steps, and that it fits where it is kept.

import { describe, expect, test } from '@jest/globals';
import type { RunEvent, RunEventBody } from '../../src/events.ts';
import type { StateDocument, Stored, Swap } from '../../src/ports/state.ts';
import {
  ended,
  joined,
  mayBeAtWork,
  openIncidentOf,
  rested,
  withEvent,
} from '../../src/state/incident-page.ts';
import { createPageKeeper } from '../../src/state/page-keeper.ts';
import { type Incident, type IncidentPage, readPage } from '../../src/state/page-schema.ts';
import { renderPage } from '../../src/state/render-page.ts';
import { openQuestions, stepHistories } from '../../src/state/step-histories.ts';

const at = '2026-11-21T10:00:00Z';
const run = { incident: 'INC-1', actor: 'ada', fence: 1, startedAt: at };
const empty: Incident = {
  id: 'INC-1',
  service: 'shop',
  target: 'live',
  scenario: 'default',
  to: 'previous',
  planDigest: 'p',
  approval: 'a',
  openedAt: at,
  openedBy: 'ada',
  pins: [],
  runs: [run],
  entries: [],
};

let seq = 0;
const event = (body: RunEventBody): RunEvent => {
  seq += 1;
  return { seq, at: `2026-11-21T10:00:${String(seq % 60).padStart(2, '0')}Z`, elapsedMs: seq, ...body };
};
const started = (step: string, cleanup = false): RunEventBody => ({
  type: 'step-started',
  phase: 'p',
  step,
  title: step,
  kind: 'run',
  timeoutMs: 1,
  notes: [],
  identity: `id of ${step}`,
  cleanup,
});
const intent = (step: string, once = true): RunEventBody => ({
  type: 'intent',
  step,
  operation: { id: 'script', title: 'run a sh script', shown: 'sh -c secret-thing', mutates: true, once },
  attempt: 1,
  deadlineMs: 60_000,
});
const done = (
  step: string,
  how = 'succeeded',
  more: { readonly uncertain?: boolean } = {},
): RunEventBody => ({
  type: 'done',
  step,
  operation: 'script',
  attempt: 1,
  ended: how,
  durationMs: 1,
  stdout: 'out',
  stderr: 'err',
  evidence: `ended as ${how}`,
  ...more,
});
const finished = (
  step: string,
  status: 'succeeded' | 'failed' | 'skipped' | 'unknown',
  more: Readonly<Record<string, unknown>> = {},
): RunEventBody => ({
  type: 'step-finished',
  phase: 'p',
  step,
  title: step,
  kind: 'run',
  status,
  evidence: `evidence of ${step}`,
  durationMs: 1,
  outputs: { key: step },
  ...more,
});
const told = (...bodies: readonly RunEventBody[]): Incident =>
  bodies.reduce((incident, body) => withEvent(incident, event(body)), empty);
const good = (step: string): readonly RunEventBody[] => [
  started(step),
  intent(step),
  done(step),
  finished(step, 'succeeded'),
];
const state = (incident: Incident, step = 'a'): string | undefined => {
  const history = stepHistories(incident).get(step);
  if (history === undefined) return undefined;
  return [
    history.state,
    ...(history.repeatable ? ['repeatable'] : []),
    ...(history.cleanedSince ? ['cleaned'] : []),
  ].join(' ');
};

describe('what the page tells of a step', () => {
  test.each<[string, readonly RunEventBody[], string | undefined]>([
    ['nothing', [], undefined],
    ['started, nothing begun', [started('a')], 'failed repeatable'],
    ['begun', [started('a'), intent('a')], 'unknown'],
    ['begun, and may be repeated', [started('a'), intent('a', false)], 'unknown repeatable'],
    ['came back well, and nobody looked', [started('a'), intent('a'), done('a')], 'unknown'],
    ['came back badly, and the run ended', [started('a'), intent('a'), done('a', 'failed')], 'failed'],
    [
      'got no answer after it was sent, and the run ended',
      [started('a'), intent('a'), done('a', 'failed', { uncertain: true })],
      'unknown',
    ],
    ['never started after all', [started('a'), intent('a'), done('a', 'not-started')], 'failed'],
    ['done', good('a'), 'succeeded'],
    ['failed', [started('a'), intent('a'), done('a', 'failed'), finished('a', 'failed')], 'failed'],
    ['cut off', [started('a'), intent('a'), done('a', 'cancelled'), finished('a', 'failed')], 'unknown'],
    [
      'said to be unknown',
      [started('a'), intent('a'), done('a', 'failed'), finished('a', 'unknown')],
      'unknown',
    ],
    ['done, and left out since', [...good('a'), finished('a', 'skipped')], 'succeeded'],
    [
      'unknown, then taken as done',
      [started('a'), intent('a'), finished('a', 'skipped', { settled: true })],
      'succeeded',
    ],
    ['done, then a cleanup', [...good('a'), started('b', true), intent('b'), done('b')], 'succeeded cleaned'],
    ['done, then a cleanup that did nothing', [...good('a'), started('b', true)], 'succeeded'],
    ['done after a cleanup', [started('b', true), intent('b'), done('b'), ...good('a')], 'succeeded'],
  ])('%s', (_name, bodies, expected) => {
    expect(state(told(...bodies))).toBe(expected);
  });

  test('outputs, identity and whose work it was', () => {
    const incident = told(...good('a'));
    expect(stepHistories(incident).get('a')).toMatchObject({ outputs: { key: 'a' }, identity: 'id of a' });
    const later = joined(incident, { ...run, incident: 'INC-2' });
    const left = finished('a', 'skipped', { settled: true, evidence: 'done by INC-1 at 10:00' });
    expect(stepHistories(withEvent(later, event(left))).get('a')?.told).toBe('done by INC-1 at 10:00');
  });

  test('what nobody is going to ask about can be told', () => {
    const page = told(...good('a'), started('b'), intent('b'), started('c'), intent('c', false));
    expect(openQuestions(stepHistories(page))).toEqual([
      expect.stringMatching(/^b: INC-1 began to run a sh script at .*, and nobody saw its end$/),
    ]);
  });

  test('the last attempt counts, also over several runs', () => {
    const first = told(started('a'), intent('a'));
    const second = good('a').reduce(
      (incident, body) => withEvent(incident, event(body)),
      joined(first, { ...run, incident: 'INC-2' }),
    );
    expect(state(second)).toBe('succeeded');
    expect(stepHistories(second).get('a')?.told).toContain('INC-2');
  });
});

describe('the text of the page', () => {
  const page = (incident: Incident): IncidentPage => ({ version: 1, writer: 'w', number: 1, incident });

  test('comes back as it was, without output of commands and with secrets hidden', () => {
    const incident = told(...good('a'));
    const text = renderPage(page(incident), (each) => each.replaceAll('ada', '***'));
    expect(text).not.toMatch(/ada|secret-thing|"out"|"err"/);
    expect(readPage(text.replaceAll('***', 'ada'), '')).toEqual(page(incident));
  });

  test('is closed by a green end, and stays open after a red one', () => {
    const end = { at, code: undefined };
    expect(openIncidentOf(page(ended(empty, { ...end, outcome: 'halted', green: false })))).toBeDefined();
    expect(
      openIncidentOf(page(ended(empty, { ...end, outcome: 'rolled-back', green: true }))),
    ).toBeUndefined();
  });

  test.each([
    ['not JSON', 'hello'],
    ['of a newer version', '{"version":2}'],
    ['something else', '{"version":1}'],
  ])('refuses what is %s', (_name, text) => {
    expect(() => readPage(text, 'kubectl …')).toThrow(expect.objectContaining({ code: 'state-unreadable' }));
  });

  test('fits a ConfigMap after many long runs, and still tells the same of each step', () => {
    const long = 'x'.repeat(900);
    let incident = empty;
    for (let press = 0; press < 30; press++) {
      if (press > 0) incident = joined(incident, { ...run, incident: `INC-${press}` });
      for (let step = 0; step < 12; step++) {
        const retried = Array.from({ length: 3 }, () => [
          intent(`${step}`),
          { ...done(`${step}`), evidence: long },
        ]);
        for (const body of [started(`${step}`), ...retried.flat(), finished(`${step}`, 'failed')])
          incident = withEvent(incident, event(body));
      }
      incident = withEvent(withEvent(incident, event(started('open'))), event(intent('open')));
    }
    const text = renderPage(page(incident), (each) => each);
    expect(JSON.stringify(page(incident)).length).toBeGreaterThan(900_000);
    expect(Buffer.byteLength(text)).toBeLessThan(700_001);
    const folded = readPage(text, '')?.incident;
    if (folded === undefined) throw new Error('the page has lost its incident');
    for (const step of ['0', '11', 'open']) expect(state(folded, step)).toBe(state(incident, step));
  });

  test('holds outputs once, however often a press leaves their step alone, and forgets no cleanup', () => {
    const outputs = { dump: 'x'.repeat(30_000) };
    const settledAgain = finished('big', 'skipped', { settled: true, outputs });
    let incident = told(started('once'), intent('once'), done('once'), finished('once', 'succeeded'));
    const add = (...bodies: readonly RunEventBody[]): void => {
      for (const body of bodies) incident = withEvent(incident, event(body));
    };
    add(started('big'), intent('big'), done('big'), finished('big', 'succeeded', { outputs }));
    add(started('undo', true), intent('undo'), done('undo'), finished('undo', 'succeeded'));
    for (let press = 1; press < 40; press++) {
      incident = joined(incident, { ...run, incident: `INC-${press}` });
      add(settledAgain, finished('once', 'skipped'), started('undo', true), finished('undo', 'succeeded'));
    }
    const text = renderPage(page(incident), (each) => each);
    expect(Buffer.byteLength(text)).toBeLessThan(700_001);
    const folded = readPage(text, '')?.incident;
    if (folded === undefined) throw new Error('the page has lost its incident');
    expect(stepHistories(folded)).toEqual(stepHistories(incident));
    expect(stepHistories(folded).get('once')?.cleanedSince).toBe(true);
  });
});

describe('what may be at work still', () => {
  const page = told(started('a'), intent('a'));
  test('is what changes something and has no end, until its run ended, or is known to be over', () => {
    expect(mayBeAtWork(page).map(({ step }) => step)).toEqual(['a']);
    expect(mayBeAtWork(withEvent(page, event(done('a'))))).toEqual([]);
    expect(mayBeAtWork(ended(page, { at, outcome: 'halted', code: undefined, green: false }))).toEqual([]);
    expect(mayBeAtWork(rested(page))).toEqual([]);
    expect(mayBeAtWork(joined(page, run))).toEqual([]);
    const again = [started('a'), intent('a')].reduce(
      (incident, body) => withEvent(incident, event(body)),
      joined(page, run),
    );
    expect(mayBeAtWork(again).map((entry) => entry.run)).toEqual([1]);
  });
});

/** A document in memory, whose writes can be made to fail: what no real cluster does on command. */
function createDocument(): StateDocument & { stored: Stored; fail: boolean; readonly texts: string[] } {
  let version = 0;
  const texts: string[] = [];
  return {
    stored: { text: undefined, version: undefined },
    fail: false,
    texts,
    whereToRead: 'kubectl …',
    async read() {
      return this.stored;
    },
    async write(text, expected): Promise<Swap> {
      if (this.fail) throw new Error('the server is gone');
      if (expected !== this.stored.version) return { type: 'conflict' };
      version += 1;
      this.stored = { text, version: String(version) };
      texts.push(text);
      return { type: 'written', version: String(version) };
    },
  };
}

describe('who keeps the page', () => {
  const keep = async (): Promise<{
    document: ReturnType<typeof createDocument>;
    keeper: ReturnType<typeof createPageKeeper>;
  }> => {
    const document = createDocument();
    const stored = await document.read();
    const keeper = createPageKeeper({
      document,
      stored,
      incident: undefined,
      writer: 'w',
      redact: (text) => text,
    });
    await keeper.write(empty);
    return { document, keeper };
  };
  const entries = (document: ReturnType<typeof createDocument>): readonly string[] =>
    readPage(document.stored.text, '')?.incident?.entries.map(({ type }) => type) ?? [];

  test('an intent that can’t be written stops; what else can’t be written goes with the next word', async () => {
    const { document, keeper } = await keep();
    document.fail = true;
    await keeper.take(event(started('a')));
    await expect(keeper.take(event(intent('a')))).rejects.toThrow('the server is gone');
    document.fail = false;
    await keeper.take(event(done('a', 'not-started')));
    expect(entries(document)).toEqual(['step-started', 'intent', 'done']);
  });

  test('whoever was overtaken writes nothing more', async () => {
    const { document, keeper } = await keep();
    await document.write('{"version":1,"writer":"other","number":1}', document.stored.version);
    await expect(keeper.take(event(intent('a')))).rejects.toMatchObject({ code: 'lock-lost' });
    await expect(keeper.take(event(intent('b')))).rejects.toMatchObject({ code: 'lock-lost' });
    expect(document.stored.text).toContain('other');
  });

  test('a label that somebody put on the object overtakes nobody', async () => {
    const { document, keeper } = await keep();
    document.stored = { ...document.stored, version: 'labelled' };
    await keeper.take(event(intent('a')));
    expect(entries(document)).toEqual(['intent']);
  });

  test('no two texts are the same, and what comes at once is written at once', async () => {
    const { document, keeper } = await keep();
    await Promise.all(['a', 'b', 'c'].map((step) => keeper.take(event(intent(step)))));
    expect(entries(document)).toHaveLength(3);
    expect(new Set(document.texts).size).toBe(document.texts.length);
    expect(document.texts.length).toBeLessThan(5);
  });
});
