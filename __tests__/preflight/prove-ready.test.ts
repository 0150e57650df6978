// The framework of the gates: all are asked, all is told, and only then a refusal counts.

import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import type { RollbackPlanError } from '../../src/errors.ts';
import type { RunEventBody } from '../../src/events.ts';
import type { Gate, GateFinding, GateSubject } from '../../src/preflight/gates/gate.ts';
import { proveReady } from '../../src/preflight/prove-ready.ts';
import { subjectWith } from './gate-subject.ts';

const finding = (state: GateFinding['state'], about: string): GateFinding => ({
  state,
  subject: about,
  detail: `${about} is ${state}`,
  hint: `mend ${about}`,
});

function gate(name: string, found: readonly GateFinding[], override?: string): Gate<readonly GateFinding[]> {
  return {
    name,
    summary: name,
    ...(override === undefined ? {} : { override }),
    collect: async () => found,
    judge: (facts) => facts,
  };
}

async function prove(
  gates: readonly Gate<unknown>[],
  {
    overrides = [],
    limitMs = 1_000,
    subject = subjectWith(),
  }: {
    readonly overrides?: readonly string[];
    readonly limitMs?: number;
    readonly subject?: Omit<GateSubject, 'signal'>;
  } = {},
): Promise<{ readonly events: readonly RunEventBody[]; readonly error: RollbackPlanError | undefined }> {
  const events: RunEventBody[] = [];
  const emit = async (event: RunEventBody): Promise<void> => {
    events.push(event);
  };
  const error = await proveReady(subject, { overrides, emit, gates, limitMs }).then(
    () => undefined,
    (thrown: RollbackPlanError) => thrown,
  );
  return { events, error };
}

describe('proveReady', () => {
  test('lets through what passes, warns or is not known, and tells all of it', async () => {
    const found = [finding('pass', 'a'), finding('warn', 'b'), finding('unknown', 'c')];
    const { events, error } = await prove([gate('one', found), gate('none', [])]);
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'gate', name: 'one', subject: 'a', state: 'pass', detail: 'a is pass', hint: 'mend a' },
      { type: 'gate', name: 'one', subject: 'b', state: 'warn', detail: 'b is warn', hint: 'mend b' },
      { type: 'gate', name: 'one', subject: 'c', state: 'unknown', detail: 'c is unknown', hint: 'mend c' },
    ]);
  });

  test('one refusal is told with its own hint and the override that lets on', async () => {
    const { error } = await prove([gate('quota', [finding('refuse', 'cpu')], 'quota')]);
    expect(error).toMatchObject({
      code: 'not-ready',
      message: 'a gate refuses: quota (cpu): cpu is refuse',
      hint: 'mend cpu\nTo go on all the same: override: quota',
    });
  });

  test('every refusal is told before the first one counts', async () => {
    const { events, error } = await prove([
      gate('one', [finding('refuse', 'a')], 'go-one'),
      gate('two', [finding('refuse', 'b')]),
      gate('three', [finding('warn', 'c')]),
    ]);
    expect(events.map((event) => event.type === 'gate' && event.name)).toEqual(['one', 'two', 'three']);
    expect(error?.message).toBe('gates refuse 2 times: one (a): a is refuse; two (b): b is refuse');
    expect(error?.hint).toContain('\n\none (a):\nmend a\nTo go on all the same: override: go-one');
    expect(error?.hint).toContain('\n\ntwo (b):\nmend b\nNobody can override this.');
  });

  test.each([['go-one'], ['break-glass']])('override %s makes a refusal a loud note', async (given) => {
    const { events, error } = await prove([gate('one', [finding('refuse', 'a')], 'go-one')], {
      overrides: [given],
    });
    expect(error).toBeUndefined();
    expect(events).toMatchObject([
      { type: 'gate', state: 'refuse', override: 'go-one' },
      {
        type: 'note',
        level: 'warning',
        text: `gate one (a) refuses: a is refuse; going on because of override ${given}`,
      },
    ]);
  });

  test.each([['go-two'], ['break-glass']])('%s lifts nothing that is not its own', async (given) => {
    const override = given === 'break-glass' ? undefined : 'go-one';
    const { error } = await prove([gate('one', [finding('refuse', 'a')], override)], { overrides: [given] });
    expect(error?.code).toBe('not-ready');
  });

  test('a gate that throws does not know, and the run goes on', async () => {
    const broken: Gate<unknown> = {
      ...gate('broken', []),
      collect: async () => {
        throw new Error('no route to host');
      },
    };
    const { events, error } = await prove([broken, gate('fine', [finding('pass', 'a')])]);
    expect(error).toBeUndefined();
    expect(events).toMatchObject([
      { name: 'broken', state: 'unknown', detail: 'unexpected: no route to host' },
      { name: 'fine', state: 'pass' },
    ]);
  });

  test('a gate that never answers does not know either, and is told to give up looking', async () => {
    let gaveUp = false;
    const slow: Gate<unknown> = {
      ...gate('slow', []),
      collect: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            gaveUp = true;
          });
        }),
    };
    const { events, error } = await prove([slow, gate('fine', [finding('pass', 'a')])], { limitMs: 30 });
    expect(error).toBeUndefined();
    expect(events).toMatchObject([
      { name: 'slow', state: 'unknown', detail: 'no answer within 30 ms' },
      { name: 'fine', state: 'pass' },
    ]);
    expect(gaveUp).toBe(true);
  });

  test('gates look at the same time', async () => {
    const waits = (name: string): Gate<unknown> => ({
      ...gate(name, []),
      collect: () => systemClock.sleep(200),
      judge: () => [],
    });
    const started = performance.now();
    await prove([waits('a'), waits('b'), waits('c'), waits('d')]);
    expect(performance.now() - started).toBeLessThan(600);
  });

  test('what several gates look at is read once', async () => {
    const reads: string[] = [];
    const subject = subjectWith({
      get: async (path) => {
        reads.push(path);
        return { path };
      },
    });
    const reader = (name: string): Gate<unknown> => ({
      ...gate(name, []),
      collect: ({ context }) => context.cluster.get('/api/v1/namespaces/shop'),
      judge: () => [],
    });
    await prove([reader('a'), reader('b')], { subject });
    expect(reads).toEqual(['/api/v1/namespaces/shop']);
  });
});
