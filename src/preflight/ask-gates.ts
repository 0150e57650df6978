// Asks gates, all at once, and gives what they found. A gate that can't look, or looks for too long, does not know.

import { toRollbackPlanError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { formatDuration } from '../values/durations.ts';
import type { Gate, GateFinding, GateSubject } from './gates/gate.ts';
import { withMemory } from './one-look.ts';

/** A finding with the gate that found it. */
export type ToldFinding = GateFinding & {
  readonly gate: string;
  /** What a person gives to go on although it refuses. */
  readonly override?: string | undefined;
};

/** No gate may keep the site down: after this long the run goes on without its answer. */
export const longestLookMs = 10_000;

/** In the order of the gates. Throws only when the run itself was stopped. */
export async function askGates(
  gates: readonly Gate<unknown>[],
  subject: Omit<GateSubject, 'signal'>,
  limitMs = longestLookMs,
): Promise<readonly ToldFinding[]> {
  const { signal, clock } = subject.context;
  const late = new AbortController();
  const looking: GateSubject = {
    ...subject,
    // What several gates look at is read once.
    context: withMemory(subject.context),
    signal: AbortSignal.any([signal, late.signal]),
  };
  const over = new AbortController();
  const timeIsUp = waitUntilLate(clock, limitMs, late, over.signal);
  try {
    const found = await Promise.all(gates.map((gate) => askGate(gate, looking, timeIsUp, limitMs)));
    signal.throwIfAborted();
    return found.flat();
  } finally {
    over.abort();
  }
}

async function waitUntilLate(
  clock: Clock,
  limitMs: number,
  late: AbortController,
  over: AbortSignal,
): Promise<'late'> {
  await clock.sleep(limitMs, over);
  late.abort();
  return 'late';
}

async function askGate(
  gate: Gate<unknown>,
  subject: GateSubject,
  timeIsUp: Promise<'late'>,
  limitMs: number,
): Promise<readonly ToldFinding[]> {
  const { name, override } = gate;
  const tell = (finding: GateFinding): ToldFinding => ({
    gate: name,
    ...finding,
    ...(finding.state === 'refuse' && override !== undefined ? { override } : {}),
  });
  const looked = look(gate, subject);
  const first = await Promise.race([looked, timeIsUp]);
  if (first !== 'late') return first.map(tell);
  return [
    tell({
      state: 'unknown',
      subject: '',
      detail: `no answer within ${formatDuration(limitMs)}`,
      hint: 'Look at it by hand; the target answers slowly.',
    }),
  ];
}

async function look(gate: Gate<unknown>, subject: GateSubject): Promise<readonly GateFinding[]> {
  try {
    return gate.judge(await gate.collect(subject));
  } catch (thrown) {
    const { message, hint } = toRollbackPlanError(thrown);
    return [{ state: 'unknown', subject: '', detail: message, hint }];
  }
}
