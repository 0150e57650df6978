// Check kind `prometheus`: one number from a query, judged by a bound, by what it was before the deploy, or by the stable
// release beside it. Empty, NaN, stale, partial and too little are no data, and no data is never health.

import type { KindContext } from '../ports.ts';
import { durationOr } from '../values/durations.ts';
import { isJsonObject } from '../values/json.ts';
import type { CheckKind } from './check-kind.ts';
import { advise } from './prometheus/advise.ts';
import { type Asked, askNow, askRange, placeOf, type Sample } from './prometheus/ask.ts';
import { type Answers, describeExpected, judgeAnswers } from './prometheus/judge.ts';
import { longestRange } from './prometheus/range.ts';
import { type PrometheusSettings, settings as schema } from './prometheus/settings.ts';
import { viaRequirements } from './via.ts';

export type { PrometheusSettings } from './prometheus/settings.ts';

export const prometheus: CheckKind<PrometheusSettings> = {
  name: 'prometheus',
  summary: 'One number from a PromQL query: error share, latency, saturation, canary against stable.',
  schema,
  timeoutMs: 125_000,
  requires: (settings) => viaRequirements(settings.via),
  averages: true,
  looksBackMs: ({ query, slope }) =>
    (typeof query === 'string' ? longestRange(query) : 0) +
    (isJsonObject(slope) ? durationOr(slope['over'], 0) : 0),
  advise,
  async measure(context, settings, before) {
    const { evidence, ...found } = judgeAnswers(settings, await ask(context, settings), before);
    return {
      ...found,
      expected: describeExpected(settings),
      evidence: `${placeOf(settings.url)}: ${evidence}`,
    };
  },
};

/** All questions at once, so that they are about one moment; a slope needs the server's clock first. */
async function ask(context: KindContext, settings: PrometheusSettings): Promise<Answers> {
  const { stable, samples, newest, slope } = settings;
  const now = async (query: string): Promise<Asked<readonly Sample[]>> => askNow(context, settings, query);
  const [query, ...others] = await Promise.all([
    now(settings.query),
    ...[
      stable?.query,
      samples?.query,
      // The server's own clock on both sides.
      newest === undefined ? undefined : `time() - max(timestamp(${newest}))`,
    ].map((text) => (text === undefined ? undefined : now(text))),
  ]);
  const [beside, count, age] = others;
  const end = query.ok ? query.data[0]?.atSeconds : undefined;
  const range =
    slope === undefined || end === undefined
      ? undefined
      : await askRange(context, settings, {
          query: settings.query,
          endSeconds: end,
          overMs: slope.over,
          stepMs: slope.step,
        });
  return {
    query,
    ...(beside === undefined ? {} : { stable: beside }),
    ...(count === undefined ? {} : { samples: count }),
    ...(age === undefined ? {} : { newest: age }),
    ...(range === undefined ? {} : { range }),
  };
}
