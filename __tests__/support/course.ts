// Courses for engine tests: steps whose verbs are given by the test, a clock that moves only when told, and a record
// of every event.

import type { BoundStep, CoursePhase, CourseStep, RunState } from '../../src/engine/course.ts';
import type { EngineDeps } from '../../src/engine/engine-deps.ts';
import type { Performed } from '../../src/engine/perform.ts';
import type { RunEventBody } from '../../src/events.ts';
import type { Clock, Log } from '../../src/ports.ts';
import type { Operation, RetryClass } from '../../src/values/operation.ts';

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  group: () => undefined,
  endGroup: () => undefined,
};

/** Time passes only by sleeping, so that hours of waiting take no time. */
export function createFakeClock(): Clock & { advance(milliseconds: number): void } {
  let now = 0;
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + now),
    monotonicMs: () => now,
    async sleep(milliseconds) {
      now += milliseconds;
      await Promise.resolve();
    },
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}

export function operation(id: string, retry: RetryClass = 'idempotent'): Operation {
  return {
    id,
    title: `do ${id}`,
    act: { type: 'command', command: { argv: ['tool', id] } },
    mutates: true,
    retry,
    deadlineMs: 60_000,
  };
}

export type StepOptions = Partial<Omit<CourseStep, 'bind'>> & {
  readonly verbs?: Partial<BoundStep>;
  readonly operations?: readonly Operation[];
};

export function step(key: string, options: StepOptions = {}): CourseStep {
  const { verbs, operations = [operation(key)], ...rest } = options;
  return {
    key,
    id: key,
    title: key,
    kind: 'test',
    component: undefined,
    timeoutMs: 60_000,
    retries: undefined,
    onFailure: 'stop',
    cleanup: false,
    shouldRun: whenNothingFailed,
    ...rest,
    bind: async () => ({
      before: undefined,
      to: undefined,
      prepare: async () => ({ operations, preview: undefined, notes: [] }),
      capture: async () => undefined,
      probe: async () => ({ state: 'not-done', evidence: 'nothing there' }),
      verify: async () => ({ state: 'verified', evidence: 'seen' }),
      outputs: () => ({}),
      compensate: undefined,
      ...verbs,
    }),
  };
}

export function phase(
  name: string,
  steps: readonly CourseStep[],
  options: Partial<CoursePhase> = {},
): CoursePhase {
  return {
    name,
    parallel: false,
    estimateMs: undefined,
    budgetMs: undefined,
    shouldRun: whenNothingFailed,
    steps,
    ...options,
  };
}

function whenNothingFailed(state: RunState): ReturnType<CourseStep['shouldRun']> {
  return state.phaseFailed ? { run: false, because: 'a step before it failed' } : { run: true };
}

export const always: CourseStep['shouldRun'] = () => ({ run: true });

export function performed(ended: Performed['ended'], sentence: string = ended): Performed {
  return {
    ended,
    sentence,
    exitCode: ended === 'succeeded' ? 0 : 1,
    status: undefined,
    stdout: '',
    stderr: '',
    durationMs: 1,
  };
}

export type Recorded = EngineDeps & { readonly events: RunEventBody[]; readonly performedIds: string[] };

export function deps(
  perform: (id: string, attempt: number) => Performed | Promise<Performed>,
  more: Partial<EngineDeps> = {},
): Recorded {
  const events: RunEventBody[] = [];
  const performedIds: string[] = [];
  return {
    events,
    performedIds,
    emit: async (body) => {
      events.push(body);
    },
    clock: createFakeClock(),
    log: silentLog,
    redact: (text) => text,
    signal: new AbortController().signal,
    records: new Map(),
    perform: async ({ id }) => {
      performedIds.push(id);
      return await perform(id, performedIds.filter((other) => other === id).length);
    },
    runFolder: 'INC-1',
    keep: async () => undefined,
    ...more,
  };
}

/** `step: status` for every step that ended, in order. */
export function statuses(recorded: Recorded): readonly string[] {
  return recorded.events.flatMap((event) =>
    event.type === 'step-finished' ? [`${event.step}: ${event.status}`] : [],
  );
}
