// The gate `point-of-no-return`: past it going back loses data, and the way is forward. Fails closed: who can't tell
// whether the point is passed must not assume that it is not.

import { toRollbackPlanError } from '../../errors.ts';
import type { Clock } from '../../ports.ts';
import type { Gate, GateFinding, Measured } from './gate.ts';

/** Below the time that any gate has, after which the run would go on without an answer. */
const longestLookMs = 8_000;

export type PointFacts =
  | { readonly loses: string; readonly forwardFix: string; readonly measured: Measured }
  /** The plan has no such point. */
  | undefined;

export const pointOfNoReturn: Gate<PointFacts> = {
  name: 'point-of-no-return',
  summary: 'The point after which going back loses data is not passed, as the plan’s own check measures it.',
  override: 'past-point-of-no-return',
  async collect({ plan, measure, context, signal }) {
    const point = plan.pointOfNoReturn;
    if (point === undefined) return undefined;
    const { loses, forwardFix } = point;
    try {
      return { loses, forwardFix, measured: await inTime(measure(point.check), context.clock, signal) };
    } catch (thrown) {
      const evidence = toRollbackPlanError(thrown).message;
      return { loses, forwardFix, measured: { state: 'error', evidence } };
    }
  },
  judge: judgePoint,
};

/** A look that is not over by then is no data: other gates may stay unanswered, this one may not. */
async function inTime(measuring: Promise<Measured>, clock: Clock, signal: AbortSignal): Promise<Measured> {
  const over = new AbortController();
  try {
    const late = clock
      .sleep(longestLookMs, AbortSignal.any([over.signal, signal]))
      .then((): Measured => ({ state: 'inconclusive', evidence: 'the check gave no answer in time' }));
    return await Promise.race([measuring, late]);
  } finally {
    over.abort();
  }
}

/** Pure. */
export function judgePoint(facts: PointFacts): readonly GateFinding[] {
  if (facts === undefined) return [];
  const { loses, forwardFix, measured } = facts;
  const subject = '';
  if (measured.state === 'pass')
    return [{ state: 'pass', subject, detail: `not passed: ${measured.evidence}` }];
  const told = measured.state === 'fail' ? 'it is passed' : 'whether it is passed is not known';
  return [
    {
      state: 'refuse',
      subject,
      detail: `${told}: ${measured.evidence}; going back would lose ${loses}`,
      hint: `Go forward instead: ${forwardFix}`,
    },
  ];
}
