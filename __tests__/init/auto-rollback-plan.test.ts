// The way over from an `auto_rollback` file: what it said is in the plan, as the real reader of plans has it, and the
// triggers are patient for as long as it said.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HttpCheckSettings } from '../../src/checks/http/settings.ts';
import { http } from '../../src/checks/http.ts';
import type { AutoRollback, AutoRollbackTrigger } from '../../src/init/auto-rollback.ts';
import { planText } from '../../src/init/plan-text.ts';
import type { Plan, TriggerSpec } from '../../src/plan/plan.ts';
import { meets } from '../../src/values/expectations.ts';
import type { Json } from '../../src/values/json.ts';
import { observe, unobserved } from '../../src/verify/watching.ts';
import { createTestWorld, type TestWorld } from '../components/config-tag-world.ts';
import { documentedContent, draftFrom } from './auto-rollback-file.ts';
import { bad, found, planIn, switchOn, written } from './drafts.ts';

const words: Readonly<Record<string, AutoRollbackTrigger['comparison']>> = {
  '<=': 'greater_than',
  '<': 'greater_than_or_equal',
  '>=': 'less_than',
  '>': 'less_than_or_equal',
};

/** Back from the plan: the way the file would say it. */
function fileTrigger(spec: TriggerSpec): AutoRollbackTrigger {
  const { url, query, expect: wanted } = settingsOf(spec);
  const rule = spec.patience.failures;
  expect(rule.limit).toBe(rule.of);
  if (wanted === undefined)
    return { metric: spec.name, threshold: rule.limit, consecutive: true, comparison: 'greater_than' };
  const bound = typeof wanted === 'string' ? wanted : String(wanted.json.value);
  const [operator = '', threshold] = bound.split(' ');
  return {
    metric: url === undefined || query !== undefined ? spec.name : (url.split('/').at(-1) ?? ''),
    threshold: Number(threshold),
    duration_seconds: ((rule.limit - 1) * spec.everyMs) / 1000,
    comparison: words[operator] ?? 'greater_than',
  };
}

function settingsOf(spec: TriggerSpec): {
  readonly url?: string;
  readonly query?: string;
  readonly expect?: string | { readonly json: { readonly value: Json } };
} {
  return JSON.parse(JSON.stringify(spec.checks[0]?.with));
}

const content = (more: Partial<AutoRollback> = {}): AutoRollback => ({ ...documentedContent(), ...more });
const triggersOf = (plan: Plan): readonly AutoRollbackTrigger[] =>
  [...plan.triggers.values()].map(fileTrigger);
function triggerIn(plan: Plan, name: string): TriggerSpec {
  const spec = plan.triggers.get(name);
  if (spec === undefined) throw new Error(`the plan has no trigger ${name}`);
  return spec;
}
const measured = content().triggers.filter(({ consecutive }) => consecutive === undefined);

describe('triggers and back', () => {
  test('with a metrics API they are live, and what is counted waits for an address', () => {
    const { text, plan } = written(draftFrom(content()));
    expect(triggersOf(plan)).toEqual(measured);
    expect(settingsOf(triggerIn(plan, 'error_rate')).url).toBe('http://metrics-api/error_rate');
    expect([...plan.triggers.values()].map(({ severity }) => severity)).toEqual(
      measured.map(() => 'auto-rollback'),
    );
    expect(triggersOf(planIn(switchOn(text, 'health_check_failures:')))).toEqual(content().triggers);
  });

  test('without one they are a comment that can be switched on as a whole', () => {
    const { text, plan } = written(draftFrom(content(), 'none'));
    expect([...plan.triggers.keys(), ...plan.alerts.keys()]).toEqual([]);
    const on = planIn(switchOn(text, 'triggers:'));
    expect(triggersOf(on)).toEqual(content().triggers);
    expect([...on.triggers.values()].map(({ checks }) => checks[0]?.uses)).toEqual([
      'prometheus',
      'prometheus',
      'prometheus',
      'http',
    ]);
    expect([...on.alerts.keys()]).toEqual(['errors']);
    expect(text).toContain('CHANGE THIS: nothing is measured until these stand here.');
  });

  test('units are told, and what Prometheus would be asked stands beside each as a check', () => {
    const { text } = written(draftFrom(content()));
    expect(text).toContain('# error_rate greater_than 0.01 (a ratio: 1 %) for 120 s: 5 failing looks in a');
    expect(text).toContain(
      '# latency_p99 greater_than 500 (ms) for 300 s: 11 failing looks in a row, 30s apart.',
    );
    const live = /^ {4}check:\n(?: {6}.*\n)+/gm;
    const offered = [...text.matchAll(/^ {4}# check:\n(?: {4}# {3}.*\n)+/gm)].map(([block]) =>
      block.replaceAll(/^ {4}# /gm, '    '),
    );
    expect(offered.length).toBe(measured.length);
    let next = 0;
    const replaced = planIn(text.replaceAll(live, () => offered[next++] ?? ''));
    expect(triggersOf(replaced)).toEqual(measured);
    expect([...replaced.triggers.values()].map(({ checks }) => checks[0]?.with['unit'])).toEqual([
      'ratio',
      'ms',
      'ratio',
    ]);
  });

  test.each([
    ['less_than', 0.5],
    ['less_than_or_equal', 0.000_000_1],
    ['greater_than_or_equal', 1],
  ] as const)('%s %d comes back, and a metric that stands there twice', (comparison, threshold) => {
    const one = { metric: 'success_rate', threshold, duration_seconds: 90, comparison };
    const { plan } = written(draftFrom(content({ triggers: [one, { ...one, duration_seconds: 600 }] })));
    expect(triggersOf(plan)).toEqual([one, { ...one, duration_seconds: 600 }]);
    expect([...plan.triggers.keys()]).toEqual(['success_rate', 'success_rate-2']);
  });

  test.each([
    [100, 30, 5],
    [31, 30, 3],
    [30, 30, 2],
    [20, 20, 2],
    [1, 1, 2],
  ])('%d s take looks every %d s, %d in a row: never a shorter time', (seconds, every, failures) => {
    const [trigger] = measured;
    if (trigger === undefined) throw new Error('nothing to measure');
    const { text, plan } = written(
      draftFrom(content({ triggers: [{ ...trigger, duration_seconds: seconds }] })),
    );
    const spec = plan.triggers.get('error_rate');
    expect([spec?.everyMs, spec?.patience.failures.limit]).toEqual([every * 1000, failures]);
    expect(text.includes('# CHECK: ') && text.includes(`, not ${seconds} s.`)).toBe(
      (failures - 1) * every !== seconds,
    );
  });

  test('a slow trigger says how long to watch', () => {
    const slow = measured.map((each) => ({ ...each, duration_seconds: 900 }));
    expect(planText(draftFrom(content({ triggers: slow })))).toContain('`window: 16m` in the');
    expect(planText(draftFrom(content()))).not.toContain('`window:');
  });
});

describe('what the machine may do', () => {
  test.each([
    [{}, 'rollback'],
    [{ require_manual_confirmation: true }, 'prepare'],
    [{ enabled: false }, 'monitor'],
    [{ enabled: false, require_manual_confirmation: true }, 'monitor'],
  ] as const)('%j is %s', (more, action) => {
    const { text, plan } = written(draftFrom(content(more)));
    expect([...plan.severities.values()]).toMatchObject([
      { name: 'auto-rollback', action, recoverWithinMs: 900_000 },
    ]);
    expect(text).toContain('`timeout: 20m`');
    expect([...planIn(switchOn(text, 'P0:')).severities.keys()]).toEqual(['P0', 'P1', 'auto-rollback']);
  });

  test('backups, a drill that is due, and the script are there to be switched on', () => {
    const { text, plan } = written(draftFrom(content()));
    expect([plan.backups.size, plan.phases.flatMap(({ steps }) => steps).length]).toEqual([0, 1]);
    expect([...planIn(switchOn(text, 'backups:')).backups.values()]).toMatchObject([
      { newerThanMs: 86_400_000 },
    ]);
    expect(planIn(switchOn(text, 'drill:')).drill).toMatchObject({ overdue: 'fail' });
    const steps = planIn(switchOn(text, 'phases:')).phases.flatMap((phase) => phase.steps);
    expect(steps).toMatchObject([
      { type: 'rollback', component: 'shop-api' },
      { type: 'act', uses: 'run', with: { run: './scripts/rollback-api-v2.1.sh' } },
    ]);
    expect(text).toContain('# Told until now: slack, pagerduty, email.');
    expect(text).toContain('rollback-plan ledger seed');
  });

  test('a drill that is live is due as well, and only where that was wanted', () => {
    const known = { releases: [found('shop-api', { knownBad: bad('shop-api') })] };
    const { plan } = written(draftFrom(content(), 'none', known));
    expect(plan.drill).toMatchObject({ everyMs: 90 * 86_400_000, overdue: 'fail' });
    const { safety_checks: safety } = content();
    const less = content({ safety_checks: { ...safety, verify_rollback_tested: false } });
    expect(written(draftFrom(less, 'none', known)).plan.drill?.everyMs).toBeUndefined();
  });
});

describe('patience, with looks 30 s apart', () => {
  const spec = triggerIn(written(draftFrom(content())).plan, 'error_rate');
  const settings: HttpCheckSettings = http.schema.parse(spec.checks[0]?.with);

  /** How often the trigger turned bad in half an hour, with 2 % errors from 60 s on for so many seconds. */
  function turns(seconds: number): number {
    let seen = unobserved('error_rate');
    let turned = 0;
    for (let at = 0; at <= 1_800_000; at += spec.everyMs) {
      const value = at >= 60_000 && at <= 60_000 + seconds * 1000 ? 0.02 : 0.01;
      const { ok, why } = meets(settings.expect.json ?? null, { value });
      const look = { state: ok ? 'pass' : 'fail', value, expected: '', evidence: why } as const;
      const next = observe(seen, look, { ...spec.patience, graceMs: 0 }, at);
      if (seen.bad === undefined && next.bad !== undefined) turned += 1;
      seen = next;
    }
    return turned;
  }

  test.each([
    [0, 0],
    [119, 0],
    [121, 1],
    [600, 1],
  ])('2 %% of errors for %d s: bad %d times', (seconds, times) => {
    expect(turns(seconds)).toBe(times);
  });

  let world: TestWorld;
  let server: Server;
  let body = '';
  beforeAll(async () => {
    world = await createTestWorld({ directory: tmpdir(), home: tmpdir() });
    server = createServer((_request, response) => void response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  test.each([
    ['{"value": 0.01}', 'pass'],
    ['{"value": 0.0101}', 'fail'],
    ['{"value": null}', 'inconclusive'],
    ['{}', 'inconclusive'],
    ['[]', 'inconclusive'],
    ['no JSON', 'inconclusive'],
    ['', 'inconclusive'],
  ])('a metrics API that says %s: %s, and never health without a number', async (said, state) => {
    body = said;
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { plan } = written(draftFrom(content(), base));
    const settings = http.schema.parse(plan.triggers.get('error_rate')?.checks[0]?.with);
    expect((await http.measure(world.context(), settings)).state).toBe(state);
  });
});
