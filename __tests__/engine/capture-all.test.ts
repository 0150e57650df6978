// What is kept before the first step: bounded, redacted, and never a reason to stay broken.

import { describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { systemClock } from '../../src/adapters/clock.ts';
import { beginCapture } from '../../src/engine/capture-all.ts';
import { keptFiles } from '../../src/engine/kept-files.ts';
import type { KindContext } from '../../src/ports.ts';
import type { Pin } from '../../src/target/pin.ts';
import { boundLogs } from '../../src/values/bound-logs.ts';
import type { Captured } from '../../src/values/operation.ts';
import { deps, performed } from '../support/course.ts';

const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };

describe('files', () => {
  const captured: Captured = {
    label: 'x',
    data: {},
    namespace: 'shop',
    objects: [
      { object: { ...settings, data: { on: 'yes', mode: '0777' } }, hidden: [] },
      { object: { ...settings, data: { mode: 'declared-value' } }, hidden: [] },
      { object: { ...settings, data: { pin: '***' } }, hidden: ['data.pin'] },
    ],
    files: [
      { path: 'logs/a.log', text: 'said declared-value\n' },
      { path: '../escape', text: 'x' },
      { path: 'logs/a:b', text: 'x' },
    ],
    lacking: ['events: forbidden'],
  };
  const files = new Map(
    keptFiles('api', captured, (text) => text.replaceAll('declared-value', '***')).map(({ path, text }) => [
      path,
      text,
    ]),
  );

  test('lie below the component, and names from a cluster lead nowhere else', () => {
    expect([...files.keys()]).toEqual([
      'captured/api/state.yaml',
      'captured/api/incomplete.yaml',
      'captured/api/logs/a.log',
      'captured/api/lacking.txt',
    ]);
  });

  test('an object with a hole is never among those that can be applied', () => {
    expect(loadAll(files.get('captured/api/state.yaml') ?? '')).toEqual([
      { ...settings, data: { on: 'yes', mode: '0777' } },
    ]);
    expect(files.get('captured/api/state.yaml')).toContain("'0777'");
    expect(files.get('captured/api/incomplete.yaml')).toContain('# hidden: data.mode');
    expect(files.get('captured/api/incomplete.yaml')).toContain('# hidden: data.pin');
    expect([...files.values()].join('')).not.toContain('declared-value');
  });
});

test('logs are cut to a sum, at their beginnings, and a chatty one does not cost the others theirs', () => {
  const line = (n: number): string => `line ${String(n).padStart(4, '0')}\n`;
  const chatty = Array.from({ length: 200 }, (_, n) => line(n)).join('');
  const files = [
    { path: 'captured/a/logs/small.log', text: 'last words\n' },
    { path: 'captured/a/logs/chatty.log', text: chatty },
    { path: 'captured/a/state.yaml', text: chatty },
  ];
  const [small, cut, state] = boundLogs(files, 1_000);
  expect(small?.text).toBe('last words\n');
  expect(state?.text).toBe(chatty);
  expect(Buffer.byteLength(cut?.text ?? '')).toBeLessThanOrEqual(989);
  expect(cut?.text).toMatch(/^# \(cut: .*\)\nline \d{4}\n[\s\S]*line 0199\n$/);
  expect(boundLogs(files, 10_000)).toEqual(files);
  const named = [{ path: 'captured/logs/state.yaml', text: chatty }];
  expect(boundLogs(named, 10)).toEqual(named);
});

describe('capturing', () => {
  const pin = (name: string, capture: (context: KindContext) => Promise<Captured>): [string, Pin] => [
    name,
    // Of a pin only these are looked at.
    { name, kind: { capture }, settings: {} } as unknown as Pin,
  ];
  const context = { signal: new AbortController().signal } as unknown as KindContext;
  const nothing = (): ReturnType<typeof performed> => performed('succeeded');

  test('one that fails and one that never ends are said, and the third is kept', async () => {
    const written: string[] = [];
    const recorded = deps(nothing, { keep: async (path) => void written.push(path) });
    await beginCapture(
      new Map([
        pin('bad', () => Promise.reject(new Error('no way'))),
        pin('stuck', () => new Promise(() => undefined)),
        pin('good', async () => ({ label: 'g', data: {}, objects: [{ object: settings, hidden: [] }] })),
      ]),
      context,
      recorded,
    ).keep();
    expect(written).toEqual(['captured/good/state.yaml']);
    const notes = recorded.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    expect(notes.sort()).toEqual([
      'the state of bad could not be kept before the change: no way',
      'the state of stuck could not be kept before the change: it was not ready within 20 s',
    ]);
    expect(recorded.events.find((event) => event.type === 'captured')).toMatchObject({
      of: 'good',
      files: [{ path: 'captured/good/state.yaml', bytes: expect.any(Number) }],
      lacking: [],
    });
  });

  test('its reads are ended before that, so that what came is kept', async () => {
    const recorded = deps(nothing);
    await beginCapture(
      new Map([
        pin(
          'slow',
          ({ signal }) =>
            new Promise((done) =>
              signal.addEventListener('abort', () => done({ label: 's', data: {}, lacking: ['the rest'] })),
            ),
        ),
      ]),
      context,
      recorded,
    ).keep();
    expect(recorded.events).toMatchObject([
      { type: 'captured', of: 'slow', lacking: ['the rest'], files: [{ path: 'captured/slow/lacking.txt' }] },
    ]);
  });

  test('nothing is written or told before the run is to act, and a run that is not ends the reads', async () => {
    const written: string[] = [];
    const keep = async (path: string): Promise<void> => void written.push(path);
    const recorded = deps(nothing, { keep, clock: systemClock });
    let reading: AbortSignal | undefined;
    const one = pin('api', async ({ signal }) => {
      reading = signal;
      return { label: 'l', data: {}, lacking: ['x'] };
    });
    const other = pin('bad', () => Promise.reject(new Error('no way')));
    const capturing = beginCapture(new Map([one, other]), context, recorded);
    await new Promise((done) => setTimeout(done, 10));
    expect([written, recorded.events, reading?.aborted]).toEqual([[], [], false]);
    capturing.drop();
    expect(reading?.aborted).toBe(true);
  });

  test('a disk that is full is said', async () => {
    const recorded = deps(nothing, { keep: () => Promise.reject(new Error('no space left')) });
    await beginCapture(
      new Map([pin('api', async () => ({ label: 'l', data: {}, lacking: ['x'] }))]),
      context,
      recorded,
    ).keep();
    expect(recorded.events).toMatchObject([
      { files: [], lacking: ['x', 'captured/api/lacking.txt could not be written: no space left'] },
    ]);
  });
});
