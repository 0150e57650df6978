// What firing alerts mean: the count from both sides, what is new, and every reason not to believe in quiet.

import { describe, expect, test } from '@jest/globals';
import type { FiringAlert } from '../../src/checks/alerts/ask.ts';
import { type AlertAnswers, alerts, judgeAlerts } from '../../src/checks/alerts.ts';
import type { Before } from '../../src/checks/check-kind.ts';
import type { Asked } from '../../src/checks/prometheus/ask.ts';

const high: FiringAlert = {
  name: 'HighErrorRate',
  labels: '{service="shop"}',
  since: '2026-11-21T09:00:00Z',
};
const again = { ...high, since: '2026-11-21T10:05:00Z' };
const slow: FiringAlert = { name: 'Slow', labels: '{}', since: '2026-11-21T08:00:00Z' };

const of = (...found: readonly FiringAlert[]): Asked<readonly FiringAlert[]> => ({ ok: true, data: found });
const gone: Asked<readonly FiringAlert[]> = { ok: false, state: 'error', why: 'refused' };
/** As an earlier look has left it. */
function seenBefore(...found: readonly FiringAlert[]): Before {
  const settings = alerts.schema.parse({ url: 'http://am.example' });
  const { state, value } = judgeAlerts(
    settings,
    { fire: of(...found), proof: undefined, blind: undefined },
    undefined,
  );
  return { at: '2026-11-21T10:00:00Z', state, value };
}

type Row = {
  readonly name: string;
  readonly with?: Record<string, unknown>;
  readonly answers: Partial<AlertAnswers>;
  readonly before?: Before;
  readonly state: string;
  readonly evidence: RegExp;
};
const onlyNew = { 'only-new': true };

const rows: readonly Row[] = [
  {
    name: 'none fires, and nobody proves that one would arrive',
    answers: { fire: of() },
    state: 'pass',
    evidence: /^no alert fires; nobody proves that Prometheus still sends alerts$/,
  },
  {
    name: 'none fires in Prometheus itself',
    with: { from: 'prometheus' },
    answers: { fire: of() },
    state: 'pass',
    evidence: /^no alert fires$/,
  },
  {
    name: 'none fires, and a watchdog is not wanted',
    with: { watchdog: 'none' },
    answers: { fire: of() },
    state: 'pass',
    evidence: /nobody proves/,
  },
  {
    name: 'one fires',
    answers: { fire: of(high) },
    state: 'fail',
    evidence: /^1 fire: HighErrorRate\{service="shop"\} since 2026-11-21T09:00:00Z; expected <= 0, found 1$/,
  },
  {
    name: 'as many as are allowed',
    with: { expect: '<= 1' },
    answers: { fire: of(high) },
    state: 'pass',
    evidence: /^1 fire/,
  },
  {
    name: 'more than that',
    with: { expect: '<= 1' },
    answers: { fire: of(high, slow) },
    state: 'fail',
    evidence: /found 2$/,
  },
  { name: 'nobody can be asked', answers: { fire: gone }, state: 'error', evidence: /^refused$/ },
  {
    name: 'one fired before the deploy: told, and counted',
    answers: { fire: of(high) },
    before: seenBefore(high),
    state: 'fail',
    evidence: /1 fired before the deploy already/,
  },
  {
    name: 'one fired before the deploy: not new',
    with: onlyNew,
    answers: { fire: of(high) },
    before: seenBefore(high),
    state: 'pass',
    evidence: /^no alert fires that is new; 1 fired before the deploy already; nobody/,
  },
  {
    name: 'the same began again after the deploy',
    with: onlyNew,
    answers: { fire: of(again) },
    before: seenBefore(high),
    state: 'fail',
    evidence: /since 2026-11-21T10:05:00Z/,
  },
  {
    name: 'another one beside the old',
    with: onlyNew,
    answers: { fire: of(high, slow) },
    before: seenBefore(high),
    state: 'fail',
    evidence: /^1 fire: Slow\{\}.*1 fired before/,
  },
  {
    name: 'nobody knows what is new',
    with: onlyNew,
    answers: { fire: of(high) },
    state: 'inconclusive',
    evidence: /call `mode: preflight`/,
  },
  {
    name: 'nobody knows what is new, and none fires',
    with: onlyNew,
    answers: { fire: of() },
    state: 'inconclusive',
    evidence: /call `mode: preflight`/,
  },
  {
    name: 'the same name with another label is new',
    with: onlyNew,
    answers: { fire: of({ ...high, labels: '{service="other"}' }) },
    before: seenBefore(high),
    state: 'fail',
    evidence: /service="other"/,
  },
  {
    name: 'why nobody knows what is new is said',
    with: onlyNew,
    answers: { fire: of(high) },
    before: { state: 'fail', missing: 'the baseline of it was too large to keep' },
    state: 'inconclusive',
    evidence: /nobody knows which are new: the baseline of it was too large to keep$/,
  },
  {
    name: 'the watchdog fires',
    with: { watchdog: 'Watchdog' },
    answers: { fire: of(), proof: of(slow) },
    state: 'pass',
    evidence: /no alert fires/,
  },
  {
    name: 'the watchdog is silent',
    with: { watchdog: 'Watchdog' },
    answers: { fire: of(), proof: of() },
    state: 'inconclusive',
    evidence: /Watchdog, which always fires, does not/,
  },
  {
    name: 'the watchdog can’t be asked for',
    with: { watchdog: 'Watchdog' },
    answers: { fire: of(), proof: gone },
    state: 'inconclusive',
    evidence: /refused/,
  },
  {
    name: 'there is no such rule',
    answers: { fire: of(), blind: 'no rule X' },
    state: 'inconclusive',
    evidence: /no rule X/,
  },
  {
    name: 'one fires, whatever else is not known',
    answers: { fire: of(high), blind: 'no rule X', proof: of() },
    state: 'fail',
    evidence: /1 fire/,
  },
];

describe('firing alerts', () => {
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const settings = alerts.schema.parse({ url: 'http://am.example', ...row.with });
    const answers = { fire: of(), proof: undefined, blind: undefined, ...row.answers };
    const found = judgeAlerts(settings, answers, row.before);
    expect([found.state, found.evidence]).toEqual([row.state, expect.stringMatching(row.evidence)]);
  });

  test('are all in the value, however many and with however many labels, and none of them is new then', () => {
    const labels = `{pod="${'x'.repeat(400)}"}`;
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...high,
      name: `Noise${index}`,
      labels,
      since: '2026-11-21T09:00:00.123456789Z',
    }));
    const settings = alerts.schema.parse({ url: 'http://am.example', ...onlyNew });
    const found = judgeAlerts(
      settings,
      { fire: of(...many), proof: undefined, blind: undefined },
      seenBefore(...many),
    );
    expect(found.state).toBe('pass');
    // What a baseline keeps of one condition.
    expect(JSON.stringify(found.value).length).toBeLessThan(16_384);
    const [first] = many;
    const again = of(...many.slice(1), { ...high, ...first, since: '2026-11-21T10:05:00Z' });
    expect(
      judgeAlerts(settings, { fire: again, proof: undefined, blind: undefined }, seenBefore(...many)),
    ).toMatchObject({ state: 'fail', value: { count: 1 } });
  });
});
